"""Delete what has been over for a while: ended sessions, old counters, old rows of the parts."""

import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from ... import sessions, signals
from ...models import FailureCount, Session
from ...sessions import database_now, revocation
from ..arguments import between

# The longest budget lasts an hour.
DAY = timedelta(days=1)


@contextmanager
def rest_after() -> Iterator[None]:
    """Rest as long as the work took, one second at most.

    SQLite hands its lock to whoever happens to ask. A refresh that waits asks ever less often, and
    would not get it between two batches.
    """
    began = time.monotonic()
    yield
    time.sleep(min(1.0, time.monotonic() - began))


class Command(BaseCommand):
    help = (
        "End expired sessions, then delete those that ended long ago, with dead links and old "
        "counters. Safe to repeat, and to run beside a server."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--days",
            type=between(0, 36_500),
            default=30,
            help="keep ended ones for so long; at 0 as long as a token of theirs may verify",
        )
        rows = between(1, 10_000)  # each is a parameter, of which SQLite takes 32766
        parser.add_argument("--batch", type=rows, default=200, help="rows in one transaction")

    def handle(self, *args: Any, **options: Any) -> None:
        batch, days = options["batch"], options["days"]
        expired = Session.objects.filter(
            Q(idle_expires_at__lt=Now()) | Q(absolute_expires_at__lt=Now()), ended_at=None
        )
        ended = 0
        while ids := list(expired.values_list("id", flat=True)[:batch]):
            with rest_after():
                ended += sessions.end(Session.objects.filter(id__in=ids), "expired")
            self.progress(f"ended {ended} expired sessions")
        self.stdout.write(f"ended {ended} expired sessions")
        # As long as tokens of a session may verify, its row must say that it has ended.
        keep = max(timedelta(days=days), revocation.period())
        old = Session.objects.filter(ended_at__lt=Now() - keep)
        self.delete(old, "sessions that ended long ago", batch)
        leftovers: list[tuple[Any, Any]] = signals.purging.send(None)
        for _, (what, rows) in leftovers:
            self.delete(rows, what, batch)
        yesterday = int((database_now() - DAY).timestamp())
        self.delete(FailureCount.objects.filter(started_at__lt=yesterday), "old counters", batch)

    def delete(self, rows: QuerySet[Any], what: str, batch: int) -> None:
        deleted = 0
        while ids := list(rows.values_list("pk", flat=True)[:batch]):
            with rest_after():
                deleted += rows.model.objects.filter(pk__in=ids).delete()[0]
            self.progress(f"deleted {deleted} {what}")
        self.stdout.write(f"deleted {deleted} {what}")

    def progress(self, text: str) -> None:
        """Write over the last line, where somebody is looking."""
        if self.stderr.isatty():
            self.stderr.write(text, ending="\r")
