"""Wipe the class and open a new one: what `./run --class` does before it serves."""

import secrets
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from lab import addresses
from lab.classroom import rooms


class Command(BaseCommand):
    help = "Wipe the class and open a new one (class mode only). Prints how to join it."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.CLASS:
            raise CommandError("A class exists in class mode only (GATEHOUSE_MODE=class).")
        secret = secrets.token_urlsafe(16)
        room = rooms.new(secret)
        self.stdout.write(f"To join: {addresses.app()}/class, code {room.code}")
        self.stdout.write(f"For the teacher alone: {addresses.app()}/class/teacher, {secret}")
