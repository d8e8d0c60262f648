"""Recovery codes: ten for each person, shown once, each good for one sign-in beside a password."""

import base64
import hashlib
import secrets
from datetime import timedelta
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.dispatch import receiver

from ..evidence import TWO, Evidence
from ..signals import purging
from .models import RecoveryCode

CODES = 10

# 120 random bits, so that a plain SHA-256 is enough (ASVS 5.0 6.5.2, 11.4).
BYTES = 15
GROUP = 6

# Used ones are kept for so long.
KEPT = timedelta(days=30)

# A one-time password, in the words of RFC 8176.
EVIDENCE = Evidence(how="recovery", amr=("otp",), acr=TWO)


def renew(user: AbstractBaseUser) -> list[str]:
    """Return ten new codes. The old ones end."""
    codes = [_written(secrets.token_bytes(BYTES)) for _ in range(CODES)]
    with transaction.atomic():
        RecoveryCode.objects.filter(user_id=user.pk).delete()
        RecoveryCode.objects.bulk_create(
            RecoveryCode(digest=_digest(code), user_id=user.pk) for code in codes
        )
    return codes


def is_left(user: AbstractBaseUser, code: str) -> bool:
    """Return whether this is one of the person's codes and was not used."""
    return left(user).filter(digest=_digest(code)).exists()


def use(user: AbstractBaseUser, code: str) -> bool:
    """Use up one of the person's codes. Return False if it is none, or was used."""
    return bool(left(user).filter(digest=_digest(code)).update(used_at=Now()))


def left(user: AbstractBaseUser) -> QuerySet[RecoveryCode]:
    """Return the codes that are not used."""
    return RecoveryCode.objects.filter(user_id=user.pk, used_at=None)


@receiver(purging)
def used_long_ago(sender: None, **kwargs: Any) -> tuple[str, QuerySet[RecoveryCode]]:
    """Return the codes that were used a while ago: nobody tries them again."""
    old = RecoveryCode.objects.filter(used_at__lt=Now() - KEPT)
    return "used recovery codes", old


def _written(raw: bytes) -> str:
    """Return the code in groups of letters and digits that nobody mistakes (RFC 4648 base32)."""
    text = base64.b32encode(raw).decode().lower()
    return "-".join(text[at : at + GROUP] for at in range(0, len(text), GROUP))


def _digest(code: str) -> str:
    """Return what is stored of a code, however it is typed."""
    letters = "".join(letter for letter in code.lower() if letter.isalnum())
    return hashlib.sha256(letters.encode("utf-8", "replace")).hexdigest()
