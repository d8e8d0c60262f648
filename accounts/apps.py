"""Configure the core as an app: connect what must run when a user changes, and the checks."""

from django.apps import AppConfig


class GatehouseConfig(AppConfig):
    name = __package__
    label = "gatehouse"
    verbose_name = "Gatehouse"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks  # noqa: F401  (they register themselves)
        from .sessions import user_changes

        user_changes.connect()
