"""App configuration of bound sessions: it connects what the core asks."""

from django.apps import AppConfig


class BindingConfig(AppConfig):
    name = __package__
    label = "gatehouse_binding"
    verbose_name = "Gatehouse: bound sessions"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks, dbsc, gate  # noqa: F401  (they connect themselves)
