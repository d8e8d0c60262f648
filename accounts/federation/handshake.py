"""Keep in a browser's cookies what we need when somebody comes back from the identity provider.

There is no server session. The HttpOnly cookies are signed and not encrypted, since nothing in
them is a secret from the browser's own user. Nobody can compose one, because of the signature with
a salt for each kind. Nobody else can plant one, because of the cookies' names.
Each trip to the provider has a cookie of its own, named after its `state`, so that two tabs do not
mix up their trips. At most `MOST` trips are kept, in at most `LARGEST` letters.
"""

import hashlib
import re
import secrets
import time
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from ..conf import LEEWAY_SECONDS
from ..web import cookies
from .conf import conf

# How long a trip may take, and how long an identity waits, for which a mail may have to arrive.
SECONDS = 600
WAITING_SECONDS = 1800

# The names of the cookies begin so, and the name of the trip follows: several tabs may be under way
# at once.
HANDSHAKE = f"{cookies.PREFIX}oidc_handshake_"
PENDING = f"{cookies.PREFIX}oidc_pending_"
cookies.GUARDED |= {HANDSHAKE, PENDING}
TRIP_LETTERS = 16
TRIP = re.compile(rf"[0-9a-f]{{{TRIP_LETTERS}}}")

# A browser keeps at most so many trips. Servers and proxies limit the Cookie header, often to
# 8 KiB, and the tokens need their part.
MOST = 4
LARGEST = 4096

T = TypeVar("T", "Handshake", "Pending")


def trip_of(state: str) -> str:
    """Return the name of the trip with this `state`, which may be any text."""
    return hashlib.sha256(state.encode("utf-8", "replace")).hexdigest()[:TRIP_LETTERS]


@dataclass(frozen=True, kw_only=True)
class Handshake:
    """One trip to the provider. `sessions` are those that this browser had when it began."""

    next: str
    remember: bool = False
    sessions: tuple[str, ...] = ()
    # The session whose step-up time this trip is to renew. Empty for a sign-in.
    step_up: str = ""
    # Against forged answers (RFC 9700 section 4.7), replayed ID tokens (OpenID Connect Core
    # 15.5.2) and injected codes (RFC 7636), in this order.
    state: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    began: float = field(default_factory=lambda: round(time.time(), 3))

    @property
    def trip(self) -> str:
        """Return the name of this trip."""
        return trip_of(self.state)


@dataclass(frozen=True, kw_only=True)
class Pending:
    """An identity that waits for its person to show that the address is theirs.

    `account` is the account of that address. It is empty while the address is not proven, because
    nobody may learn then whether there is an account.
    """

    issuer: str
    subject: str
    account: str
    email: str
    remember: bool
    trip: str
    name: str = ""
    began: float = field(default_factory=lambda: round(time.time(), 3))


FAMILIES: dict[type[Any], str] = {Handshake: HANDSHAKE, Pending: PENDING}
LIVES: dict[type[Any], int] = {Handshake: SECONDS, Pending: WAITING_SECONDS}
# The provider's answer is a navigation from another site, for which browsers withhold Strict
# cookies.
SAME_SITE: dict[type[Any], str] = {Handshake: "Lax", Pending: "Strict"}


def keep(response: HttpResponseBase, kept: Handshake | Pending) -> None:
    """Set the cookie that holds it, under the name of its trip."""
    kind = type(kept)
    name = f"{FAMILIES[kind]}{kept.trip}"
    cookies.keep(response, name, sign(kept), LIVES[kind], same_site=SAME_SITE[kind])


def drop(response: HttpResponseBase, kept: Handshake | Pending) -> None:
    """Delete the cookie of this trip. The answer to the request that used it does this."""
    delete(response, type(kept), kept.trip)


def delete(response: HttpResponseBase, kind: type[Any], trip: str) -> None:
    """Delete the cookie of this kind and this trip."""
    cookies.drop(response, f"{FAMILIES[kind]}{trip}", same_site=SAME_SITE[kind])


def sent(request: HttpRequest, kind: type[Any]) -> dict[str, str]:
    """Return the cookies of this kind by trip, unread."""
    found = cookies.family(request, FAMILIES[kind])
    return {trip: text for trip, text in found.items() if TRIP.fullmatch(trip)}


def kept_in(request: HttpRequest, kind: type[T]) -> dict[str, T]:
    """Return what the good cookies of this kind hold, by trip, the newest first."""
    found = {trip: read(kind, text) for trip, text in sent(request, kind).items()}
    good = [(kept.began, trip, kept) for trip, kept in found.items() if kept and kept.trip == trip]
    return {trip: kept for _, trip, kept in sorted(good, key=lambda row: row[:2], reverse=True)}


def make_room(request: HttpRequest, response: HttpResponseBase, *, adding: int = 0) -> None:
    """Delete cookies that are not good any more, and the oldest beyond the limits.

    `adding` is how many the response itself sets.
    """
    found: list[tuple[float, str, int, type[Any]]] = []
    for kind in FAMILIES:
        good: dict[str, Any] = kept_in(request, kind)
        for trip, text in sent(request, kind).items():
            found.append((good[trip].began if trip in good else 0, trip, len(text), kind))
    places, letters = MOST - adding, LARGEST
    for began, trip, size, kind in sorted(found, key=lambda row: row[:3], reverse=True):
        places, letters = places - 1, letters - size
        if not began or places < 0 or letters < 0:
            delete(response, kind, trip)


def sign(kept: Handshake | Pending) -> str:
    """Return the text of a cookie that holds this."""
    return signing.dumps(asdict(kept), salt=_salt(type(kept)), compress=True)


def read(kind: type[T], text: str) -> T | None:
    """Return what `sign` signed.

    Return None if it is altered, of another kind or release, or too old.
    """
    try:
        values: dict[str, Any] = signing.loads(text, salt=_salt(kind), max_age=LIVES[kind])
        found: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
        }
        kept = kind(**found)
        # One from the future, made before the clock stepped back, would be good for too long.
        return kept if kept.began <= time.time() + LEEWAY_SECONDS else None
    except (signing.BadSignature, TypeError):
        return None


def _salt(kind: type[Handshake] | type[Pending]) -> str:
    """Return the salt of a kind, and of the provider that is configured.

    So no code of a former provider goes to the present one after a change of the setting (a
    mix-up, RFC 9700 section 4.4).
    """
    return f"gatehouse.federation.handshake.{kind.__name__}.{conf.oidc_issuer}"
