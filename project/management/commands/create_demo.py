"""Create those demo people who are missing. Those who are there stay as they are."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.users.models import User
from accounts.users.spelling import canonical_email


class Command(BaseCommand):
    help = "Create the demo people (demo mode only). Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Demo people exist in demo mode only (GATEHOUSE_MODE=demo).")
        for person in settings.DEMO_PEOPLE:
            if User.objects.filter(email=canonical_email(person.email)).exists():
                continue
            User.objects.create_user(
                person.email, person.password, name=person.name, is_staff=person.is_staff
            )
            self.stdout.write(f"created {person.email}")
