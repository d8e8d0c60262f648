"""App configuration: checks on the wiring, the limit on transactions, the keys of the demo."""

from contextlib import suppress

from django.apps import AppConfig
from django.conf import settings
from django.db.backends.signals import connection_created


class ProjectConfig(AppConfig):
    name = "project"

    def ready(self) -> None:
        from accounts.conf import conf
        from accounts.tokens import key_store
        from project import checks  # noqa: F401  (registers itself)
        from project.database import limit_transactions

        connection_created.connect(limit_transactions)
        if settings.DEMO and not conf.signing_keys:
            with suppress(OSError):  # a system check says that there are none
                key_store.create(conf.signing_keys_file)
