"""Print tables of the last day's security events, for whoever runs the service."""

from argparse import ArgumentParser
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import Count
from django.db.models.functions import Now

from ....management.arguments import between
from ....models import Session
from ....signals import KINDS
from ...models import SecurityEvent

TOP = 10

# What somebody who guesses or forges leaves behind.
TROUBLE = (
    *("sign_in_failed", "reauthentication_failed", "throttled"),
    *("csrf_failed", "refresh_reused", "session_ahead"),
)


class Command(BaseCommand):
    help = "Security events of the last day: how many of each kind, and where trouble came from."

    def add_arguments(self, parser: ArgumentParser) -> None:
        years = between(1, 10 * 366 * 24)
        parser.add_argument("--hours", type=years, default=24, help="look back for so long")

    def handle(self, *args: Any, **options: Any) -> None:
        hours = options["hours"]
        seen = SecurityEvent.objects.filter(at__gt=Now() - timedelta(hours=hours))
        live = Session.objects.filter(ended_at=None, idle_expires_at__gt=Now()).count()
        self.stdout.write(f"Security events of the last {hours} hours ({live} live sessions)\n\n")
        kinds = seen.values_list("kind").annotate(n=Count("id")).order_by("-n", "kind")
        self.table("What happened", ((KINDS.get(kind, kind), n) for kind, n in kinds))
        trouble = seen.filter(kind__in=TROUBLE).exclude(address="")
        addresses = trouble.values_list("address").annotate(n=Count("id")).order_by("-n", "address")
        self.table("Where trouble came from", addresses[:TOP])
        people = trouble.exclude(user=None).values_list("user__email").annotate(n=Count("id"))
        self.table("Whose account it was about", people.order_by("-n", "user__email")[:TOP])

    def table(self, title: str, rows: Iterable[tuple[str, int]]) -> None:
        self.stdout.write(f"{title:<56} {'count':>7}")
        self.stdout.write("-" * 64)
        for text, number in list(rows) or [("nothing", 0)]:
            self.stdout.write(f"{text:<56} {number:>7}")
        self.stdout.write("")
