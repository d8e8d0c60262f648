"""Hold signing keys as values: which one signs, which verify, what the JWKS shows.

The ring is a private JWK Set (RFC 7517). `kid` is the key's thumbprint (RFC 7638), `alg` is fixed
for each key and never taken from a token (RFC 8725 section 3.1). Where the ring is kept and how
servers notice a change is the business of `tokens.key_store`.
"""

import base64
import hashlib
import json
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric import ec
from django.core.exceptions import ImproperlyConfigured

Status = Literal["next", "active", "retired"]
STATUSES = ("next", "active", "retired")


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(frozen=True)
class SigningKey:
    """One ES256 key. `retired_at` is in seconds since the epoch."""

    private: ec.EllipticCurvePrivateKey = field(repr=False)
    status: Status
    retired_at: int | None = None
    alg: str = "ES256"

    @property
    def public(self) -> ec.EllipticCurvePublicKey:
        return self.private.public_key()

    @cached_property
    def kid(self) -> str:
        """Return the key's thumbprint: SHA-256 of the required members in order (RFC 7638)."""
        members = json.dumps(self.public_jwk_members(), sort_keys=True, separators=(",", ":"))
        return b64(hashlib.sha256(members.encode()).digest())

    def public_jwk_members(self) -> dict[str, str]:
        point = self.public.public_numbers()
        x, y = (b64(number.to_bytes(32, "big")) for number in (point.x, point.y))
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y}

    def public_jwk(self) -> dict[str, str]:
        """Return what the JWKS shows: public members only."""
        return {**self.public_jwk_members(), "kid": self.kid, "alg": self.alg, "use": "sig"}

    def private_jwk(self) -> dict[str, Any]:
        """Return what the key file holds."""
        secret = self.private.private_numbers().private_value.to_bytes(32, "big")
        jwk: dict[str, Any] = {**self.public_jwk(), "d": b64(secret)}
        jwk["gatehouse_status"] = self.status
        if self.retired_at is not None:
            jwk["gatehouse_retired_at"] = self.retired_at
        return jwk


def new_key(status: Status) -> SigningKey:
    return SigningKey(ec.generate_private_key(ec.SECP256R1()), status)


def read_key(jwk: dict[str, Any]) -> SigningKey:
    """Return the key in a JWK. Raise ValueError, KeyError or TypeError if it is not ours."""
    if (jwk["kty"], jwk["crv"], jwk["alg"]) != ("EC", "P-256", "ES256"):
        raise ValueError("only ES256 keys on P-256 are known")
    if jwk["gatehouse_status"] not in STATUSES:
        raise ValueError(f"gatehouse_status must be one of {', '.join(STATUSES)}")
    private = ec.derive_private_key(int.from_bytes(unb64(jwk["d"]), "big"), ec.SECP256R1())
    key = SigningKey(private, jwk["gatehouse_status"], jwk.get("gatehouse_retired_at"))
    if jwk["kid"] != key.kid:
        raise ValueError("kid is not the key's RFC 7638 thumbprint")
    if any(jwk[name] != key.public_jwk_members()[name] for name in ("x", "y")):
        raise ValueError("x and y are not the key's own point")
    return key


class Ring:
    """An immutable set of keys with exactly one active one."""

    def __init__(self, keys: list[SigningKey]) -> None:
        self.by_kid = {key.kid: key for key in keys}
        active = [key for key in keys if key.status == "active"]
        if len(active) != 1 or len(self.by_kid) != len(keys):
            raise ImproperlyConfigured("The signing keys need one active key and no duplicates.")
        self.active = active[0]
        self.next = next((key for key in keys if key.status == "next"), None)
        self.public_by_kid = {kid: (key.alg, key.public) for kid, key in self.by_kid.items()}
        self.active_kid = self.active.kid

    @classmethod
    def parse(cls, text: str) -> "Ring":
        """Return the ring in a JWK Set. Raise ImproperlyConfigured without showing a key."""
        try:
            return cls([read_key(jwk) for jwk in json.loads(text)["keys"]])
        except (ValueError, KeyError, TypeError) as error:
            raise ImproperlyConfigured(f"The signing keys cannot be read: {error!r}.") from None

    def dump(self) -> str:
        """Return the private JWK Set, which is secret."""
        keys = [key.private_jwk() for key in self.by_kid.values()]
        return json.dumps({"keys": keys}, indent=2) + "\n"

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """Return the public JWK Set, which is all that a resource server needs."""
        return {"keys": [key.public_jwk() for key in self.by_kid.values()]}

    def with_next(self) -> "Ring":
        """Return a ring with one more key, which verifies but does not sign yet."""
        return self if self.next else Ring([*self.by_kid.values(), new_key("next")])

    def activated(self, now: int, keep_seconds: int) -> "Ring":
        """Return a ring whose next key is active, without retired keys that no live token needs."""
        keys = []
        for key in self.by_kid.values():
            if key.status == "next":
                keys.append(replace(key, status="active"))
            elif key.status == "active":
                keys.append(replace(key, status="retired", retired_at=now))
            elif now - (key.retired_at or now) <= keep_seconds:
                keys.append(key)
        return Ring(keys)

    def without(self, kid: str) -> "Ring":
        """Return a ring without a leaked key. Another one signs if the leaked one did."""
        keys = [key for key in self.by_kid.values() if key.kid != kid]
        if self.active.kid != kid:
            return Ring(keys)
        successor = replace(self.next, status="active") if self.next else new_key("active")
        return Ring([*(key for key in keys if key is not self.next), successor])
