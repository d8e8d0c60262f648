"""What a browser keeps for us while somebody is away at the identity provider.

Signed, not encrypted, in HttpOnly cookies: there is no server session, and nothing in here is a
secret from the browser's own user. The signature, with a salt for each kind, keeps anyone from
composing one. The cookies' names keep anyone else from planting one.
Each trip to the provider has a cookie of its own, named after its `state`, so that two tabs do not
take each other's. At most `MOST` trips are kept, and of the earlier ones as many as `LARGEST`
letters hold.
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

from ..conf import LEEWAY_SECONDS, conf
from ..web import cookies

# How long a trip may take, and how long an identity waits, for which a mail may have to arrive.
SECONDS = 600
WAITING_SECONDS = 1800

# Each of the two is a family of cookies: the name of the trip follows, since several tabs may be on
# their way at once.
HANDSHAKE = f"{cookies.PREFIX}oidc_handshake_"
PENDING = f"{cookies.PREFIX}oidc_pending_"
cookies.GUARDED |= {HANDSHAKE, PENDING}
TRIP_LETTERS = 16
TRIP = re.compile(rf"[0-9a-f]{{{TRIP_LETTERS}}}")

# A browser has so many trips under way, whatever kept of them is waiting for. Servers and proxies
# limit the Cookie header, often to 8 KiB, and the tokens need their part.
MOST = 4
LARGEST = 4096

T = TypeVar("T", "Handshake", "Pending")


def trip_of(state: str) -> str:
    """Return the name of the trip with this `state`, whatever somebody made of it."""
    return hashlib.sha256(state.encode("utf-8", "replace")).hexdigest()[:TRIP_LETTERS]


@dataclass(frozen=True, kw_only=True)
class Handshake:
    """One trip to the provider. `sessions` are those that this browser had when it began."""

    next: str
    remember: bool = False
    sessions: tuple[str, ...] = ()
    # The session whose step-up time this trip is to renew; empty: the trip is a sign-in.
    step_up: str = ""
    # Against forged answers (RFC 9700 section 4.7), replayed ID tokens (OpenID Connect Core
    # 15.5.2) and injected codes (RFC 7636), in this order.
    state: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    began: float = field(default_factory=lambda: round(time.time(), 3))

    @property
    def trip(self) -> str:
        """What tells this trip from the others."""
        return trip_of(self.state)


@dataclass(frozen=True, kw_only=True)
class Pending:
    """An identity that waits for its person to show that the address is theirs.

    `account` is the account of that address. It is empty while the address is not proven: then
    nobody may learn whether there is an account.
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
# The provider's answer is a navigation from another site: Strict would withhold the handshake.
SAME_SITE: dict[type[Any], str] = {Handshake: "Lax", Pending: "Strict"}


def keep(response: HttpResponseBase, kept: Handshake | Pending) -> None:
    """Have the browser keep it, under the name of its trip."""
    kind = type(kept)
    name = f"{FAMILIES[kind]}{kept.trip}"
    cookies.keep(response, name, sign(kept), LIVES[kind], same_site=SAME_SITE[kind])


def drop(response: HttpResponseBase, kept: Handshake | Pending) -> None:
    """Delete it, and no other trip's. It works once: the answer to whatever used it does this."""
    delete(response, type(kept), kept.trip)


def delete(response: HttpResponseBase, kind: type[Any], trip: str) -> None:
    """Delete what the browser keeps of this kind for this trip."""
    cookies.drop(response, f"{FAMILIES[kind]}{trip}", same_site=SAME_SITE[kind])


def sent(request: HttpRequest, kind: type[Any]) -> dict[str, str]:
    """Return the texts of this kind as the browser sent them, by trip."""
    found = cookies.family(request, FAMILIES[kind])
    return {trip: text for trip, text in found.items() if TRIP.fullmatch(trip)}


def kept_in(request: HttpRequest, kind: type[T]) -> dict[str, T]:
    """Return what the browser keeps of this kind, by trip, the newest first."""
    found = {trip: read(kind, text) for trip, text in sent(request, kind).items()}
    good = [(kept.began, trip, kept) for trip, kept in found.items() if kept and kept.trip == trip]
    return {trip: kept for _, trip, kept in sorted(good, key=lambda row: row[:2], reverse=True)}


def make_room(request: HttpRequest, response: HttpResponseBase, *, adding: int = 0) -> None:
    """Delete what is no good any more, and the oldest beyond the limits.

    `adding` is how many the response itself has the browser keep.
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
    """Return what `sign` signed; None if it is altered, of another kind or release, or too old."""
    try:
        values: dict[str, Any] = signing.loads(text, salt=_salt(kind), max_age=LIVES[kind])
        found: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
        }
        kept = kind(**found)
        # Not from the future of a clock that has stepped back: it would be good for longer.
        return kept if kept.began <= time.time() + LEEWAY_SECONDS else None
    except (signing.BadSignature, TypeError):
        return None


def _salt(kind: type[Handshake] | type[Pending]) -> str:
    """Return what keeps kinds apart, and providers: after a change of the setting no code of the
    former one goes to the next (a mix-up, RFC 9700 section 4.4)."""
    return f"gatehouse.federation.handshake.{kind.__name__}.{conf.oidc_issuer}"
