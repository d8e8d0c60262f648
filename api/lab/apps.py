"""App configuration: the lab's observers and system checks register themselves."""

from django.apps import AppConfig


class LabConfig(AppConfig):
    name = "api.lab"
    label = "lab"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from api.lab import checks, recorder  # noqa: F401
