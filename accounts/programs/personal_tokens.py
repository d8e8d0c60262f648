"""Personal access tokens: make, recognise, list and end them.

A person makes one for a program of their own, so that no script needs a password. The token is
opaque, and only its SHA-256 is stored. So each request with one costs one query, and it ends with
its row, at once and everywhere. It opens views that ask for a scope, and no others.
Leaves out: the endpoints (programs.own_tokens).
"""

import hashlib
import logging
import re
import secrets
import string
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import DatabaseError, InterfaceError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.dispatch import receiver
from django.http import HttpRequest

from .. import sessions, signals, subjects
from ..errors import ExpiredToken, RevokedSession, ValidationFailed
from ..evidence import ONE
from ..tokens.claims import AccessClaims
from ..web.authentication import Principal
from ..web.bodies import moment
from .conf import conf
from .models import PersonalToken

log = logging.getLogger("gatehouse")

# What secret scanners look for: this prefix, 32 random characters (190 bits), and 6 that are the
# CRC-32 of those 32 as a number in base 62. So a scanner can tell a token from a text like it
# without asking a server. docs/how-to/personal-tokens.md repeats it.
PREFIX = "gatehouse_pat_"
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
RANDOM, CHECKSUM = 32, 6
FORM = re.compile(rf"{PREFIX}([0-9A-Za-z]{{{RANDOM}}})([0-9A-Za-z]{{{CHECKSUM}}})", re.ASCII)

# `client_id` of requests with one. Sessions have `web` or `cli`.
CLIENT = "pat"

DEFAULT_DAYS = 90
# More than anybody has programs. A person ends old ones first.
MOST = 50
# Expired ones stay listed for so long, so that their owner finds out why a program has stopped.
KEPT = timedelta(days=30)

signals.KINDS |= {
    "personal_token_made": "A personal access token was made",
    "personal_token_ended": "A personal access token was ended",
}
signals.MAILED |= {
    "personal_token_made": "a personal access token was made for your account. Until it expires, "
    "whoever has it can do what it allows, without your password. Your account page lists it, and "
    "ends it.",
}


def checksum(letters: str) -> str:
    """Return the last characters of a token with these random ones."""
    rest, digits = zlib.crc32(letters.encode("ascii")), ""
    for _ in range(CHECKSUM):
        rest, digit = divmod(rest, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits


def is_well_formed(text: str) -> bool:
    """Return whether the text is a token that we could have made."""
    found = FORM.fullmatch(text)
    return found is not None and secrets.compare_digest(checksum(found[1]), found[2])


def digest_of(text: str) -> str:
    """Return what the row keeps of a token."""
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def own(user: AbstractBaseUser) -> QuerySet[PersonalToken]:
    """Return a person's tokens, the newest first."""
    return PersonalToken.objects.filter(user_id=user.pk).order_by("-created_at", "id")


def make(
    user: AbstractBaseUser, *, name: str, scopes: Sequence[str], days: int, acr: str
) -> tuple[PersonalToken, str]:
    """Make a token, and return its row with its text, which nobody can read again.

    Runs in a transaction that holds the lock of the person's subject. Raise ValidationFailed if
    they have too many, and for what they may not give to it.
    """
    errors: dict[str, list[str]] = {}
    allowed = subjects.scopes_of(user, acr=acr)
    if not set(scopes) <= set(allowed):
        errors["scopes"] = ["You can give no more than you may do yourself."]
    if days > conf.personal_token_days:
        errors["days"] = [f"A token can live for at most {conf.personal_token_days} days."]
    if own(user).count() >= MOST:
        errors["name"] = [f"You have {MOST} tokens, and can have no more. End one first."]
    if errors:
        raise ValidationFailed(errors=errors)
    letters = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM))
    text = f"{PREFIX}{letters}{checksum(letters)}"
    row = PersonalToken.objects.create(
        user=user,  # type: ignore[misc]  # the stubs know this site's users alone
        digest=digest_of(text),
        name=name,
        scope=" ".join(scope for scope in allowed if scope in scopes),
        acr=acr,
        expires_at=sessions.database_now() + timedelta(days=days),
    )
    row.refresh_from_db()  # the database has dated it
    return row, text


@receiver(signals.recognising)
def recognise(sender: None, token: str, **kwargs: Any) -> Principal | None:
    """Return whose token this is, with what it allows, or None if it is no token of ours.

    Raise ExpiredToken if its time is over, and RevokedSession if its user is inactive.
    """
    if not is_well_formed(token):
        return None
    rows = PersonalToken.objects.select_related("user__gatehouse_subject")
    row = rows.filter(digest=digest_of(token)).first()
    if row is None:
        return None
    if not row.user.is_active:
        raise RevokedSession("the user is inactive")
    if end_of(row) <= datetime.now(UTC):
        raise ExpiredToken("the personal access token has expired")
    note_use(row)
    return Principal(claims_of(row), row.user)


def end_of(row: PersonalToken) -> datetime:
    """Return when a token expires: a setting that was made shorter counts for older ones too."""
    return min(row.expires_at, row.created_at + timedelta(days=conf.personal_token_days))


def claims_of(row: PersonalToken) -> AccessClaims:
    """Return what a token says: what it was given, as far as its person may still do that.

    It is no sign-in, so no view takes it for a strong or a recent one.
    """
    allowed = subjects.scopes_of(row.user, acr=row.acr)
    return AccessClaims(
        sub=subjects.of(row.user).sub,
        sid=row.id,
        gen=0,
        ver=0,
        client_id=CLIENT,
        scope=frozenset(row.scope.split()).intersection(allowed),
        exp=int(end_of(row).timestamp()),
        auth_time=0,
        acr=ONE,
        amr=(),
    )


def note_use(row: PersonalToken) -> None:
    """Write down the day, once a day. If that fails, the request goes on."""
    today = datetime.now(UTC).date()
    if row.last_used_on == today:
        return
    try:
        with transaction.atomic():
            PersonalToken.objects.filter(pk=row.pk).update(last_used_on=today)
    except (DatabaseError, InterfaceError):
        log.warning("the use of a personal access token could not be noted", exc_info=True)


def end(row: PersonalToken, request: HttpRequest, **detail: Any) -> bool:
    """End a token at once, with an event. Return whether it was still there."""
    with transaction.atomic():
        found = PersonalToken.objects.filter(pk=row.pk).delete()[0]
        if found:
            detail = {"token": row.name, **detail}
            signals.tell("personal_token_ended", request, user=row.user, detail=detail)
    return bool(found)


@receiver(signals.ending_all)
def end_with_sessions(
    sender: None, user: AbstractBaseUser | None, reason: str, keep: str, **kwargs: Any
) -> None:
    """End a person's tokens, or everybody's, when all their sessions end.

    They outlive a new password that the person chooses while signed in, as their programs did
    nothing wrong. After a reset, or a password that somebody else has set, they may be a thief's.
    """
    if reason == "password_changed" and keep:
        return
    tokens = PersonalToken.objects.all() if user is None else own(user)
    tokens.delete()


@receiver(signals.purging)
def purge(sender: None, **kwargs: Any) -> tuple[str, QuerySet[PersonalToken]]:
    """Return the rows that nobody needs to see any more."""
    old = PersonalToken.objects.filter(expires_at__lt=Now() - KEPT)
    return "personal access tokens that expired long ago", old


@receiver(signals.exporting)
def export(sender: None, user: AbstractBaseUser, **kwargs: Any) -> dict[str, Any]:
    """Return a person's tokens, for the copy of all their data."""
    return {"personal_tokens": [as_json(row) for row in own(user)]}


def as_json(row: PersonalToken) -> dict[str, Any]:
    """Return a token as its owner sees it."""
    return {
        "id": row.id,
        "name": row.name,
        "scopes": row.scope.split(),
        "created_at": moment(row.created_at),
        "expires_at": moment(end_of(row)),
        "last_used_on": row.last_used_on.isoformat() if row.last_used_on else None,
    }
