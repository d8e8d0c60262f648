"""What tokens must say, what verified ones do say, and what issuing gives back."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from accounts.models import Session, User
from accounts.syntax import Malformed
from accounts.watching import watched

# Any clock that claims a time beyond this is wrong (9999-12-31), and so is the token.
LATEST = 253402300799

# What opaque_id() makes, and room for whoever brings longer ones.
IDENTIFIER = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)

COMMON: dict[str, type] = {
    "iss": str,
    "aud": str,
    "sub": str,
    "client_id": str,
    "iat": int,
    "exp": int,
    "jti": str,
    "sid": str,
    "gen": int,
}

ACCESS = {**COMMON, "ver": int, "scope": str}
REFRESH = {**COMMON, "key": str}


@watched
def check_types(claims: dict[str, Any], required: dict[str, type]) -> None:
    """Malformed unless every required claim is there, of its type and within its range."""
    for name, kind in required.items():
        if type(claims.get(name)) is not kind:
            raise Malformed(f"{name} is missing or not of its type")
    for name, kind in required.items():
        if kind is int and not 0 <= claims[name] <= LATEST:
            raise Malformed(f"{name} is out of range")
    for name in ("sub", "jti", "sid"):  # what no column holds must not reach a query
        if not IDENTIFIER.fullmatch(claims[name]):
            raise Malformed(f"{name} is no identifier of ours")
    if claims["client_id"] not in Session.Client.values:
        raise Malformed("client_id is unknown")


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What a verified access token says."""

    sub: str
    sid: str
    gen: int
    ver: int
    client_id: str
    scope: frozenset[str]
    exp: int

    @classmethod
    def of(cls, payload: dict[str, Any]) -> Self:
        """From a verified payload."""
        scope = frozenset(payload["scope"].split())
        rest = {name: payload[name] for name in ("sub", "sid", "gen", "ver", "client_id", "exp")}
        return cls(scope=scope, **rest)

    @property
    def expires_at(self) -> datetime:
        return datetime.fromtimestamp(self.exp, UTC)


@dataclass(frozen=True, slots=True)
class RefreshClaims:
    """What a verified refresh token says. `key` is the session's secret."""

    sub: str
    sid: str
    gen: int
    client_id: str
    key: str = field(repr=False)

    @classmethod
    def of(cls, payload: dict[str, Any]) -> Self:
        """From a verified payload."""
        return cls(**{name: payload[name] for name in ("sub", "sid", "gen", "client_id", "key")})


@dataclass(frozen=True, slots=True)
class Issued:
    """A pair of tokens with the moments they end; the texts must reach cookies or a body only."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    session: Session
    user: User
    issued_at: datetime
    access_expires_at: datetime
    scope: str
