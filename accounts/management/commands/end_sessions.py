"""End the sessions of one user, or of everyone."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ... import sessions, signals, subjects
from ...sessions import session


class Command(BaseCommand):
    help = "End sessions at once, on every server."

    def add_arguments(self, parser: ArgumentParser) -> None:
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("--user", metavar="E-MAIL", help="all sessions of this user")
        whose.add_argument("--all", action="store_true", help="all sessions of everyone")

    def handle(self, *args: Any, **options: Any) -> None:
        user = None
        if options["all"]:
            ended = session.end_everyones("admin")
        else:
            user = subjects.find(options["user"])
            if user is None:
                raise CommandError(f"No user has the address {options['user']}.")
            ended = sessions.end_all_of(user, "admin")
        # Even if it is none: sign-ins to the administration have ended too, and are not counted.
        signals.tell("session_ended", user=user, detail={"count": ended, "by": "admin"})
        self.stdout.write(f"ended {ended} sessions")
