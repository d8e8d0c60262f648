"""Passwords: the rules in one place, and what a new one ends.

Length and guessability count, composition does not (NIST SP 800-63B-4, ASVS 5.0 6.2). The rules
are Django's AUTH_PASSWORD_VALIDATORS, so that every way to set a password meets them.
"""

import threading
from typing import Any, cast

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from zxcvbn import zxcvbn

from accounts import credentials, guesses, hashing, links, sessions, throttling
from accounts.errors import ValidationFailed
from accounts.lifecycle import Occasion
from accounts.models import LinkToken, Session, User
from accounts.serializers import LONGEST_PASSWORD

_estimating = threading.Lock()  # zxcvbn keeps the words of the current call in a global


class LengthLimit:
    """Refuses what is too long to be hashed."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) > LONGEST_PASSWORD:
            raise ValidationError(self.get_help_text())

    def get_help_text(self) -> str:
        return f"Use at most {LONGEST_PASSWORD} characters."


class Guessable:
    """Refuses what a guesser tries early: repeats, sequences, known words, your own name."""

    LOOKED_AT = 72  # the estimate takes longer the longer the text; what follows only adds

    def validate(self, password: str, user: Any = None) -> None:
        looked_at = password[: self.LOOKED_AT]
        with _estimating:
            found = zxcvbn(looked_at, user_inputs=guesses.context_words(user))
        reason = guesses.reason(looked_at, user)
        if reason or found["score"] < 3:
            hint = reason or found["feedback"]["warning"].rstrip(".")
            raise ValidationError(
                f"{hint}. {self.get_help_text()}" if hint else self.get_help_text()
            )

    def get_help_text(self) -> str:
        return "This is easy to guess. Four or more unrelated words are not."


def check_rules(password: str, user: User, field: str) -> None:
    """ValidationFailed, with all reasons, if `user` may not have this password."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise ValidationFailed(errors={field: list(error.messages)}) from error


def hashed(password: str) -> str:
    """The hash to store, made in turn with the sign-ins that are hashing."""
    with hashing.room():
        return make_password(password)


def change(request: HttpRequest, session: Session, user: User, current: str, new: str) -> None:
    """Replace the password; every session but this one ends. InvalidCredentials if `current` is
    wrong, or was no longer so at the end."""
    check_rules(new, user, "new_password")
    proven = credentials.verify_again(request, user, current)
    digest = hashed(new)
    with transaction.atomic():
        # A reset that came in while this was being hashed is the owner's last word.
        credentials.hold(proven)
        store(user, digest, Occasion("password_changed", request, session))
        sessions.reauthenticated(session)


def reset(request: HttpRequest, token: str, new: str | None) -> None:
    """A new password for whoever has the link; every session ends, and nobody is signed in."""
    link = links.find(token, LinkToken.Kind.RESET)
    if new is None:
        raise ValidationFailed(errors={"new_password": ["This field is required."]})
    user = cast(User, link.user)  # links of this kind belong to one
    check_rules(new, user, "new_password")
    digest = hashed(new)
    with transaction.atomic():
        links.use(link)
        store(user, digest, Occasion("password_reset", request))
    throttling.clear(user.email)


def store(user: User, digest: str, occasion: Occasion) -> None:
    """Save the hash of a new password; accounts.lifecycle does what follows from it."""
    user.password = digest
    user.occasion = occasion  # type: ignore[attr-defined]
    user.save(update_fields=["password"])
