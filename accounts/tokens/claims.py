"""Name the claims that tokens must have, check them, and hold what verified tokens say."""

import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from django.contrib.auth.base_user import AbstractBaseUser

from ..conf import LEEWAY_SECONDS, conf
from ..evidence import LEVELS, is_value
from ..models import Session
from .jws import Malformed

# 9999-12-31. A token with a later time is refused, because Python has no such date.
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

ACCESS = {**COMMON, "ver": int, "scope": str, "auth_time": int, "amr": list, "acr": str}
REFRESH = {**COMMON, "key": str}

# The SHA-256 of a key's required members (RFC 7638), in base64url.
THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


def check_claims(claims: dict[str, Any], required: dict[str, type]) -> None:
    """Raise Malformed unless the claims are valid for this kind of token, ACCESS or REFRESH.

    Does not check whether `exp` is over.
    """
    check_types(claims, required)
    check_values(claims, conf.audience if required is ACCESS else conf.refresh_audience)
    if required is ACCESS:
        check_authentication(claims)
        if claims["exp"] - claims["iat"] > conf.longest_access_seconds:
            # The revocation feed looks back for so long. A token that was issued while the setting
            # was longer, or by somebody else who has a key, would outlive its revocation.
            raise Malformed("it lives longer than access tokens do")


def check_types(claims: dict[str, Any], required: dict[str, type]) -> None:
    """Raise Malformed unless every required claim is there, of its type and in its range."""
    for name, kind in required.items():
        if type(claims.get(name)) is not kind:
            raise Malformed(f"{name} is missing or not of its type")
    for name, kind in required.items():
        if kind is int and not 0 <= claims[name] <= LATEST:
            raise Malformed(f"{name} is out of range")
    for name in ("sub", "jti", "sid"):  # values that fit no column must not reach a query
        if not IDENTIFIER.fullmatch(claims[name]):
            raise Malformed(f"{name} is no identifier of ours")
    if claims["client_id"] not in Session.Client.values:
        raise Malformed("client_id is unknown")


def check_values(claims: dict[str, Any], audience: str) -> None:
    """Raise Malformed unless we issued it, for this audience, and not in the future."""
    if claims["iss"] != conf.issuer:
        raise Malformed("iss is not this issuer")
    if claims["aud"] != audience:
        raise Malformed("aud is another audience")
    now = time.time()
    if claims["iat"] > now + LEEWAY_SECONDS:
        raise Malformed("it was issued (iat) in the future")
    # Our tokens have no `nbf`. If there is one, it must hold (RFC 7519 section 4.1.5).
    begins = claims.get("nbf", 0)
    if type(begins) is not int or begins > now + LEEWAY_SECONDS:
        raise Malformed("its time (nbf) has not begun")


def check_authentication(claims: dict[str, Any]) -> None:
    """Raise Malformed unless the claims about the sign-in are ones that we write."""
    if claims["acr"] not in LEVELS:
        raise Malformed("acr is unknown")
    if not all(isinstance(word, str) and is_value(word) for word in claims["amr"]):
        raise Malformed("amr is no list of words")
    if claims["auth_time"] > claims["iat"]:
        raise Malformed("auth_time is after iat")
    if "cnf" in claims:
        confirmation = claims["cnf"]
        jkt = confirmation.get("jkt") if isinstance(confirmation, dict) else None
        if not isinstance(jkt, str) or not THUMBPRINT.fullmatch(jkt) or len(confirmation) != 1:
            raise Malformed("cnf is no thumbprint of a key")


def is_over(exp: int) -> bool:
    """Return whether this expiry has passed by more than clocks may differ."""
    return exp <= time.time() - LEEWAY_SECONDS


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
    auth_time: int
    acr: str
    amr: tuple[str, ...]
    jkt: str = ""  # of the key whose possession its holder must prove (RFC 7800, RFC 9449)

    @classmethod
    def of(cls, payload: dict[str, Any]) -> Self:
        """Return the claims of a verified payload."""
        scope = frozenset(payload["scope"].split())
        names = ("sub", "sid", "gen", "ver", "client_id", "exp", "auth_time", "acr")
        rest = {name: payload[name] for name in names}
        jkt = payload["cnf"]["jkt"] if "cnf" in payload else ""
        return cls(scope=scope, amr=tuple(payload["amr"]), jkt=jkt, **rest)

    @property
    def expires_at(self) -> datetime:
        return datetime.fromtimestamp(self.exp, UTC)


@dataclass(frozen=True, slots=True)
class RefreshClaims:
    """What a verified refresh token says. `key` is the session's secret."""

    sid: str
    gen: int
    client_id: str
    key: str = field(repr=False)

    @classmethod
    def of(cls, payload: dict[str, Any]) -> Self:
        """Return the claims of a verified payload."""
        return cls(**{name: payload[name] for name in ("sid", "gen", "client_id", "key")})


@dataclass(frozen=True, slots=True)
class Issued:
    """A new pair of tokens. Their texts must reach nothing but cookies or a body."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    session: Session
    user: AbstractBaseUser
    issued_at: datetime
    access_expires_at: datetime
    scope: str
