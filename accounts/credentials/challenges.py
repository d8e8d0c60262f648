"""Challenges: what an authenticator or a device signs, so that no answer can be used again.

No row is written when one is handed out, as the sign-in page asks for one on each visit. A
challenge says itself when and for what it was made, under a key of ours. It works once, within five
minutes.
"""

import hmac
import secrets
import time

from django.utils.crypto import salted_hmac

from ..conf import LEEWAY_SECONDS
from ..errors import Throttled
from ..tokens.keys import b64
from . import budgets

SECONDS = 300
NONCE, TIME = 16, 8


class BadChallengeError(Exception):
    """The challenge is not ours, for something else, too old, or was used. The text is for logs."""


def make(purpose: str) -> bytes:
    """Return a new challenge."""
    body = secrets.token_bytes(NONCE) + int(time.time()).to_bytes(TIME)
    return body + _mark(purpose, body)


def check(purpose: str, challenge: bytes) -> None:
    """Raise BadChallengeError unless it was made for this purpose, lately."""
    body, mark = challenge[: NONCE + TIME], challenge[NONCE + TIME :]
    if not hmac.compare_digest(mark, _mark(purpose, body)):
        raise BadChallengeError("not a challenge of ours for this")
    age = time.time() - int.from_bytes(body[NONCE:])
    if not -LEEWAY_SECONDS <= age <= SECONDS:
        raise BadChallengeError("the challenge is too old")


def use(challenge: bytes) -> None:
    """Raise BadChallengeError if it was used before. All processes share this memory."""
    once = budgets.Budget("challenge", b64(challenge), 1, SECONDS + LEEWAY_SECONDS)
    try:
        budgets.spend([once])
    except Throttled as error:
        raise BadChallengeError("the challenge was used before") from error


def _mark(purpose: str, body: bytes) -> bytes:
    text = b64(body)
    mac = salted_hmac("gatehouse.challenge", f"{purpose}\0{text}", algorithm="sha256")
    return mac.digest()
