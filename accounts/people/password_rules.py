"""What somebody who knows the person and the service would guess first, with little changes.

An estimate that adds up the parts of a password overrates these: a word that is repeated, or has
some digits and marks about it (NIST SP 800-63B-4 section 3.1.1.2 calls for a list of them).
"""

import functools
import re
import unicodedata
from typing import Any

from django.contrib.auth.password_validation import CommonPasswordValidator

from ..conf import conf

# The example of a good password that everybody has read (xkcd 936).
PHRASE = "correct horse battery staple"

# Shorter pieces stand in too many other words; fewer characters beside such words are too few.
SHORTEST_WORD, FEW = 3, 8


def context_words(user: Any) -> list[str]:
    """What belongs to the person or to this service, whole and in parts."""
    words = [conf.name]
    for text in (getattr(user, "email", ""), getattr(user, "name", "")):
        words += [text, *text.replace("@", " ").replace(".", " ").split()]
    return [word.casefold() for word in words if word]


def reason(password: str, user: Any) -> str:
    """Why a guesser would be quick, or an empty text."""
    if _is_context(password, [*context_words(user), PHRASE]):
        return "little more than your name or address, the service's name or a known phrase"
    if password.strip().lower() in _common() or _core(password) in _common():
        return "a common password, or one with little around it"
    return ""


def _is_context(password: str, words: list[str]) -> bool:
    plain = _plain(password)
    parts = sorted({_plain(word) for word in words}, key=len, reverse=True)
    known = "|".join(re.escape(part) for part in parts if len(part) >= SHORTEST_WORD)
    rest, found = re.subn(known, "", plain)
    return found > 0 and len(rest) < FEW


def _core(password: str) -> str:
    """The letters without digits and marks at both ends, once if they are repeated."""
    inner = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", password)
    core = re.sub(r"^(.+?)\1+$", r"\1", _plain(inner))
    return core if len(core) >= SHORTEST_WORD else ""


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in folded if letter.isalnum())


@functools.cache
def _common() -> set[str]:
    return set(CommonPasswordValidator().passwords)
