"""App configuration: the lab wraps what it watches, and registers its observers and checks."""

from django.apps import AppConfig, apps


class LabConfig(AppConfig):
    name = "lab"
    label = "lab"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from lab import checks, instrument, recorder  # noqa: F401  (two register themselves)

        instrument.install()
        if apps.is_installed("accounts.binding"):
            instrument.install(instrument.BOUND)
