"""Decide what a password may be: two validators for AUTH_PASSWORD_VALIDATORS, and their use.

Length and guessability count, composition does not (NIST SP 800-63B-4, ASVS 5.0 6.2). The rules
are validators of Django, so that every way to set a password meets them.
Guessability is an estimate by zxcvbn, which adds up the parts of a password. It overrates a common
word or a person's own name that is repeated, or has some digits and marks around it. So a list of
such words is looked at besides (NIST SP 800-63B-4 section 3.1.1.2).
"""

import functools
import re
import threading
import unicodedata
from typing import Any, ClassVar

from django.contrib.auth.password_validation import CommonPasswordValidator, validate_password
from django.core.exceptions import ValidationError
from zxcvbn import zxcvbn

from ..conf import conf
from ..credentials.verification import LONGEST_PASSWORD
from ..errors import ValidationFailed
from ..web.bodies import AtMost

# The example of a good password that everybody has read (xkcd 936).
PHRASE = "correct horse battery staple"

# Shorter words are part of too many others. So few characters beside known words are too few.
SHORTEST_WORD, FEW = 3, 8

_estimating = threading.Lock()  # zxcvbn keeps the words of the current call in a global


class LengthLimit:
    """Refuse what is too short to be safe, and what is too long to be hashed."""

    def __init__(self, least: int = 15) -> None:
        self.least = least

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError if the password is too short or too long."""
        length = len(password)
        if length < self.least:
            raise ValidationError(
                f"A password needs at least {self.least} characters; this one has {length}."
            )
        AtMost(LONGEST_PASSWORD, "A password")(password)

    def get_help_text(self) -> str:
        return f"Use {self.least} to {LONGEST_PASSWORD:,} characters."


class Guessable:
    """Refuse what a guesser tries early: repeats, sequences, known words, your own name."""

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
    # zxcvbn's time grows with the length. More characters can only make a password stronger.
    LOOKED_AT = 72

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError, with the reason and some advice, if the password is guessable."""
        looked_at = password[: self.LOOKED_AT] or " "  # zxcvbn fails at an empty text
        with _estimating:
            found = zxcvbn(looked_at, user_inputs=context_words(user))
        because: str | None = reason(looked_at, user)
        if because or found["score"] < 3:
            parts = sorted(found["sequence"], key=lambda part: len(part["token"]))
            because = because or (self.PARTS.get(parts[-1]["pattern"]) if parts else "")
            verdict = f"This is easy to guess: {because}." if because else "This is easy to guess."
            raise ValidationError(f"{verdict} {self.ADVICE}")

    def get_help_text(self) -> str:
        return f"{self.ADVICE} Known words, names, repeats and runs are easy to guess."


def check(password: str, user: Any, field: str) -> None:
    """Raise ValidationFailed, with all reasons, if `user` may not have this password."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise ValidationFailed(errors={field: list(error.messages)}) from error


def context_words(user: Any) -> list[str]:
    """Return names and addresses of the person and of this service, whole and in parts."""
    words = [conf.name]
    for text in (getattr(user, "email", ""), getattr(user, "name", "")):
        words += [text, *text.replace("@", " ").replace(".", " ").split()]
    return [word.casefold() for word in words if word]


def reason(password: str, user: Any) -> str:
    """Return why a guesser would be quick, or an empty text."""
    if _is_context(password, [*context_words(user), PHRASE]):
        return "little more than your name or address, the service's name or a known phrase"
    if password.strip().lower() in _common() or _core(password) in _common():
        return "a common password, or one with little around it"
    return ""


def _is_context(password: str, words: list[str]) -> bool:
    """Return whether hardly anything is left of the password without these words."""
    plain = _plain(password)
    parts = sorted({_plain(word) for word in words}, key=len, reverse=True)
    known = "|".join(re.escape(part) for part in parts if len(part) >= SHORTEST_WORD)
    rest, found = re.subn(known, "", plain)
    return found > 0 and len(rest) < FEW


def _core(password: str) -> str:
    """Return the letters without digits and marks at both ends. Keep one of repeated ones."""
    inner = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", password)
    core = re.sub(r"^(.+?)\1+$", r"\1", _plain(inner))
    return core if len(core) >= SHORTEST_WORD else ""


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in folded if letter.isalnum())


@functools.cache
def _common() -> set[str]:
    return set(CommonPasswordValidator().passwords)
