"""App configuration: registers the checks on the wiring and the limit on transactions."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created


class ProjectConfig(AppConfig):
    name = "project"

    def ready(self) -> None:
        from project import checks  # noqa: F401  (registers itself)
        from project.database import limit_transactions

        connection_created.connect(limit_transactions)
