"""App configuration of the second factor: it connects what the core asks."""

from django.apps import AppConfig


class FactorsConfig(AppConfig):
    name = __package__
    label = "gatehouse_factors"
    verbose_name = "Gatehouse: second factor"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks, gate, interrupted  # noqa: F401  (they connect themselves)
