"""App configuration of the endpoints for programs."""

from django.apps import AppConfig

from . import conf  # noqa: F401  (it declares the settings, before any is read)


class ProgramsConfig(AppConfig):
    name = __package__
    label = "gatehouse_programs"
    verbose_name = "Gatehouse: programs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks, personal_tokens  # noqa: F401  (they connect themselves)
