"""Create those demo people who are missing; those who are there stay as they are."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.conf import conf
from accounts.demo import DEMO_PEOPLE
from accounts.models import User
from accounts.spelling import canonical_email


class Command(BaseCommand):
    help = "Create the demo people (demo mode only). Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        if not conf.demo:
            raise CommandError("Demo people exist in demo mode only (GATEHOUSE_MODE=demo).")
        for person in DEMO_PEOPLE:
            if User.objects.filter(email=canonical_email(person.email)).exists():
                continue
            User.objects.create_user(
                person.email, person.password, name=person.name, is_staff=person.is_staff
            )
            self.stdout.write(f"created {person.email}")
