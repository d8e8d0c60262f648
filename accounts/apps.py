"""App configuration: connects what must run whenever a user changes, and the system checks."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import lifecycle, notices, wiring  # noqa: F401  (they register themselves)
