"""What a browser keeps for us while somebody is away at the identity provider.

Signed, not encrypted, in HttpOnly cookies of ten minutes: there is no server session, and nothing
in here is a secret from the browser's own user. The signature, with a salt for each kind, keeps
anyone from composing one; the cookies' names keep anyone else from planting one.
"""

import secrets
import time
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from django.core import signing

SECONDS = 600

T = TypeVar("T", "Handshake", "Pending")


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
    began: int = field(default_factory=lambda: int(time.time()))


@dataclass(frozen=True, kw_only=True)
class Pending:
    """An identity that waits for the password of the account which it is to be linked to."""

    issuer: str
    subject: str
    account: str
    email: str
    remember: bool


def sign(kept: Handshake | Pending) -> str:
    return signing.dumps(asdict(kept), salt=_salt(type(kept)))


def read(kind: type[T], text: str | None) -> T | None:
    """What `sign` signed; None if it is missing, altered, of another kind or too old."""
    if text is None:
        return None
    try:
        values: dict[str, Any] = signing.loads(text, salt=_salt(kind), max_age=SECONDS)
    except signing.BadSignature:
        return None
    found: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    return kind(**found)


def _salt(kind: type[Handshake] | type[Pending]) -> str:
    return f"accounts.handshakes.{kind.__name__}"
