"""Say whether a proof of DPoP is fresh: by its nonce, and by whether it was used before.

A nonce is a MAC of the minute. It is good for one to two minutes, is kept nowhere, and is the same
in every process (RFC 9449 section 8). Of the proofs that were used, all processes share the memory
where a request changes something, and each has its own where it only reads (section 11.1).
"""

import hashlib
import hmac
import threading
import time

from django.utils.crypto import salted_hmac

from ..credentials import budgets
from ..errors import Throttled
from ..tokens.jws import Malformed
from ..tokens.keys import b64

# A new nonce every minute. The one before it counts too, and the next, of a server that is ahead.
NONCE_SECONDS = 60
# For so long a nonce may count, and with it a proof.
LONGEST_SECONDS = 3 * NONCE_SECONDS

# Such requests change nothing (RFC 9110 section 9.2.1).
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")

# The proofs of requests that read, by the minute of their nonce: hashes, which all have one size.
_used: dict[int, set[bytes]] = {}
_lock = threading.Lock()

# A process remembers so many for each nonce, in some 6 MB. The database remembers the others.
MOST_REMEMBERED = 50_000


def make_nonce(minute: int | None = None) -> str:
    """Return the nonce of this minute, or of the given one."""
    if minute is None:
        minute = int(time.time()) // NONCE_SECONDS
    mac = salted_hmac("gatehouse.binding.dpop.nonce", str(minute), algorithm="sha256")
    return b64(mac.digest())


def minutes_that_count() -> tuple[int, int, int]:
    """Return this minute, the one before and the one after it."""
    now = int(time.time()) // NONCE_SECONDS
    return now, now - 1, now + 1


def minute_of(nonce: str) -> int | None:
    """Return the minute of a nonce that counts. Return None for any other."""
    for minute in minutes_that_count():
        if hmac.compare_digest(make_nonce(minute).encode(), nonce.encode()):
            return minute
    return None


def use(proof: str, minute: int, method: str) -> None:
    """Raise Malformed if a proof of this key and id was used before.

    `minute` is that of its nonce.
    """
    if method in SAFE_METHODS and remember(proof, minute):
        return
    once = budgets.Budget("dpop proof", proof, 1, LONGEST_SECONDS)
    try:
        budgets.spend([once])
    except Throttled as error:
        raise Malformed("the proof was used before") from error


def remember(proof: str, minute: int) -> bool:
    """Note in this process that the proof was used, until its nonce counts no more.

    Return False if there is no room for it. Raise Malformed if it was used before.
    """
    mark = hashlib.blake2s(proof.encode()).digest()
    with _lock:
        for over in _used.keys() - {*minutes_that_count()}:
            del _used[over]
        marks = _used.setdefault(minute, set())
        if mark in marks:
            raise Malformed("the proof was used before, in this process")
        if len(marks) >= MOST_REMEMBERED:
            return False
        marks.add(mark)
    return True


def reset() -> None:
    """Forget the proofs that were used, as a new process would."""
    _used.clear()
