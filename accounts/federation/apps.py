"""Configure the sign-in through an identity provider as an app."""

from django.apps import AppConfig, apps
from django.core.exceptions import ImproperlyConfigured

from . import conf  # noqa: F401  (it declares the settings, before any is read)


class FederationConfig(AppConfig):
    name = __package__
    label = "gatehouse_federation"
    verbose_name = "Gatehouse: identity providers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect what listens. Raise ImproperlyConfigured without the part that sends mails."""
        if "gatehouse_people" not in apps.app_configs:
            raise ImproperlyConfigured(
                f"{self.name} mails links, for which INSTALLED_APPS needs {self.name[:-11]}.people."
            )
        from . import checks, matching  # noqa: F401  (they connect themselves)
