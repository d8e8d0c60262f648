"""Passwords: the rules in one place, and what a new one ends.

Length and guessability count, composition does not (NIST SP 800-63B-4, ASVS 5.0 6.2). The rules
are Django's AUTH_PASSWORD_VALIDATORS, so that every way to set a password meets them.
"""

import threading
from typing import Any, ClassVar, cast

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from zxcvbn import zxcvbn

from .. import credentials, sessions, subjects
from ..credentials import budgets, hashing
from ..credentials.verification import LONGEST_PASSWORD
from ..errors import ValidationFailed
from ..models import LinkToken, Session, User
from ..sessions.user_changes import Occasion
from ..web.wording import MISSING, AtMost
from . import links, password_rules

_estimating = threading.Lock()  # zxcvbn keeps the words of the current call in a global


class LengthLimit:
    """Refuses what is too short to be safe, and what is too long to be hashed."""

    def __init__(self, least: int = 15) -> None:
        self.least = least

    def validate(self, password: str, user: Any = None) -> None:
        length = len(password)
        if length < self.least:
            raise ValidationError(
                f"A password needs at least {self.least} characters; this one has {length}."
            )
        AtMost(LONGEST_PASSWORD, "A password")(password)

    def get_help_text(self) -> str:
        return f"Use {self.least} to {LONGEST_PASSWORD:,} characters."


class Guessable:
    """Refuses what a guesser tries early: repeats, sequences, known words, your own name."""

    ADVICE = "Use four or more unrelated words."
    # What zxcvbn calls the longest part of a password that it has found.
    PARTS: ClassVar[dict[str, str]] = {
        "dictionary": "known words, names or passwords",
        "spatial": "keys in a row",
        "repeat": "something repeated",
        "sequence": "a run such as abc or 4321",
        "regex": "a year",
        "date": "a date",
    }
    LOOKED_AT = 72  # the estimate takes longer the longer the text; what follows only adds

    def validate(self, password: str, user: Any = None) -> None:
        looked_at = password[: self.LOOKED_AT] or " "  # zxcvbn fails at an empty text
        with _estimating:
            found = zxcvbn(looked_at, user_inputs=password_rules.context_words(user))
        reason = password_rules.reason(looked_at, user)
        if reason or found["score"] < 3:
            parts = sorted(found["sequence"], key=lambda part: len(part["token"]))
            because = reason or (self.PARTS.get(parts[-1]["pattern"]) if parts else "")
            verdict = f"This is easy to guess: {because}." if because else "This is easy to guess."
            raise ValidationError(f"{verdict} {self.ADVICE}")

    def get_help_text(self) -> str:
        return f"{self.ADVICE} Known words, names, repeats and runs are easy to guess."


def check_rules(password: str, user: User, field: str) -> None:
    """ValidationFailed, with all reasons, if `user` may not have this password."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise ValidationFailed(errors={field: list(error.messages)}) from error


def hashed(password: str) -> str:
    """The hash to store, made in turn with the sign-ins that are hashing."""
    with hashing.hashing_slot():
        return make_password(password)


def change(request: HttpRequest, session: Session, user: User, current: str, new: str) -> None:
    """Replace the password; every session but this one ends. InvalidCredentials if `current` is
    wrong, or was no longer so at the end."""
    check_rules(new, user, "new_password")
    proven = credentials.verify_again(request, user, current)
    digest = hashed(new)
    with transaction.atomic():
        # A reset that came in while this was being hashed is the owner's last word.
        subjects.lock_unchanged(proven)
        store(user, digest, Occasion("password_changed", request, session))
        sessions.reauthenticated(session)


def reset(request: HttpRequest, token: str, new: str | None) -> None:
    """A new password for whoever has the link; every session ends, and nobody is signed in."""
    link = links.find(token, LinkToken.Kind.RESET)
    if new is None:
        raise ValidationFailed(errors={"new_password": [MISSING]})
    user = cast(User, link.user)  # links of this kind belong to one
    check_rules(new, user, "new_password")
    digest = hashed(new)
    with transaction.atomic():
        links.use(link)
        store(user, digest, Occasion("password_reset", request))
    budgets.clear(user.email)


def store(user: User, digest: str, occasion: Occasion) -> None:
    """Save the hash of a new password; sessions.user_changes does what follows from it."""
    user.password = digest
    user.gatehouse_occasion = occasion  # type: ignore[attr-defined]
    user.save(update_fields=["password"])
