"""App configuration: the lab wraps what it watches, and registers its observers and checks."""

from django.apps import AppConfig


class LabConfig(AppConfig):
    name = "lab"
    label = "lab"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from lab import checks, instrument, recorder  # noqa: F401  (two register themselves)

        instrument.install()
