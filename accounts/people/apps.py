"""Configure registration, passwords, profiles and mails as an app."""

from django.apps import AppConfig

from . import conf  # noqa: F401  (it declares the settings, before any is read)


class PeopleConfig(AppConfig):
    name = __package__
    label = "gatehouse_people"
    verbose_name = "Gatehouse: mailed links"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks, links, notices  # noqa: F401  (they connect themselves)
