"""Configure this site as an app: its checks, what each request pays for, the keys made here."""

from contextlib import suppress

from django.apps import AppConfig
from django.conf import settings
from django.core.cache import close_caches
from django.core.signals import request_finished, request_started
from django.db import reset_queries
from django.db.backends.signals import connection_created


class ProjectConfig(AppConfig):
    name = "project"

    def ready(self) -> None:
        from accounts.conf import conf
        from accounts.tokens import key_store
        from project import checks  # noqa: F401  (registers itself)
        from project.database import limit_transactions

        connection_created.connect(limit_transactions)
        # Each request would pay for what does nothing here: there is no cache, and without DEBUG
        # there is no list of queries.
        request_finished.disconnect(close_caches)
        if not settings.DEBUG:
            request_started.disconnect(reset_queries)
        if (settings.DEMO or settings.CLASS) and not conf.signing_keys:
            with suppress(OSError):  # a system check says that there are none
                key_store.create(conf.signing_keys_file)
