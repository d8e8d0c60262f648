"""Encrypt the secrets of authenticator apps with the present SECRET_KEY."""

from typing import Any

from cryptography.fernet import InvalidToken
from django.core.management.base import BaseCommand, CommandError

from ... import totp
from ...models import Totp


class Command(BaseCommand):
    help = (
        "Encrypt the secrets of authenticator apps with the present SECRET_KEY, after a change of "
        "it. The former key must still stand in SECRET_KEY_FALLBACKS. Safe to repeat, and to run "
        "beside a server."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        done = lost = 0
        for row in Totp.objects.iterator():
            for column in ("secret", "pending"):
                kept = getattr(row, column)
                if not kept:
                    continue
                try:
                    # Only if it is still the same: its owner may change it meanwhile.
                    same = Totp.objects.filter(pk=row.pk, **{column: kept})
                    done += same.update(**{column: totp.renewed(kept)})
                except InvalidToken:
                    lost += 1
        self.stdout.write(f"encrypted {done} secrets anew")
        if lost:
            raise CommandError(f"{lost} secrets are of a key that is gone: SECRET_KEY_FALLBACKS?")
