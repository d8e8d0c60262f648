"""Configure the event log as an app: it listens to what happens."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = __package__
    label = "gatehouse_audit"
    verbose_name = "Gatehouse: security events"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import events  # noqa: F401  (it connects itself)
