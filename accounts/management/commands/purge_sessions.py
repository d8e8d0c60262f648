"""Delete the rows of sessions that have been over for a while."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import Q
from django.db.models.functions import Now

from accounts import sessions
from accounts.models import Session


class Command(BaseCommand):
    help = "End expired sessions, then delete those that ended long ago. Safe to repeat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=30, help="keep ended ones for so long")
        parser.add_argument("--batch", type=int, default=1000, help="rows in one transaction")

    def handle(self, *args: Any, **options: Any) -> None:
        ended = deleted = 0
        expired = Session.objects.filter(
            Q(idle_expires_at__lt=Now()) | Q(absolute_expires_at__lt=Now()), ended_at=None
        )
        while ids := list(expired.values_list("id", flat=True)[: options["batch"]]):
            ended += sessions.end(Session.objects.filter(id__in=ids), "expired")
            self.stderr.write(f"ended {ended}", ending="\r")
        old = Session.objects.filter(ended_at__lt=Now() - timedelta(days=options["days"]))
        while ids := list(old.values_list("id", flat=True)[: options["batch"]]):
            deleted += Session.objects.filter(id__in=ids).delete()[0]
            self.stderr.write(f"deleted {deleted}", ending="\r")
        self.stdout.write(f"ended {ended} expired sessions, deleted {deleted} old ones")
