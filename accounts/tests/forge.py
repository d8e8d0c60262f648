"""Makes tokens that our own code would never make: header and payload to the byte, any signature.

Works with `cryptography` alone, so that no library's idea of a good token stands in the way. With
the server's own key it plays a careless signer; with another key, an attacker.
"""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from ..tokens import key_store

Private = ec.EllipticCurvePrivateKey

# The order of P-256's group (SEC 2, section 2.4.2) and the prime of its field.
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def written(part: Any) -> bytes:
    """Bytes stay, text is encoded, anything else becomes JSON."""
    if isinstance(part, bytes):
        return part
    return (part if isinstance(part, str) else json.dumps(part)).encode()


def server_key() -> Private:
    return key_store.ring().active.private


def header(typ: str = "at+jwt", **changes: Any) -> dict[str, Any]:
    """A good header; a change to None leaves the member out."""
    members = {"typ": typ, "alg": "ES256", "kid": key_store.ring().active_kid} | changes
    return {name: value for name, value in members.items() if value is not None}


def signed(head: Any, payload: Any, key: Private | None = None) -> str:
    """A compact JWS over exactly these parts, by the server's key unless told otherwise."""
    message = f"{b64(written(head))}.{b64(written(payload))}"
    return f"{message}.{b64(signature(message, key))}"


def signature(message: str, key: Private | None = None) -> bytes:
    """ES256's signature: r and s, 32 bytes each (RFC 7518 section 3.4)."""
    der = (key or server_key()).sign(message.encode(), ec.ECDSA(hashes.SHA256()))
    return fixed(*decode_dss_signature(der))


def fixed(r: int, s: int) -> bytes:
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def numbers(token: str) -> tuple[int, int]:
    """r and s of a token's signature."""
    raw = unb64(token.rpartition(".")[2])
    return int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")


def der(r: int, s: int) -> bytes:
    return encode_dss_signature(r, s)


def with_signature(token: str, raw: bytes) -> str:
    return f"{token.rpartition('.')[0]}.{b64(raw)}"


def contents(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a token, unverified."""
    head, payload, _ = token.split(".")
    return json.loads(unb64(head)), json.loads(unb64(payload))


def altered(token: str, **changes: Any) -> str:
    """The token with other claims, signed again by the server's key; `...` leaves one out."""
    head, payload = contents(token)
    payload |= changes
    return signed(head, {name: value for name, value in payload.items() if value is not ...})


def access_claims(**changes: Any) -> dict[str, Any]:
    """Claims of a good access token of nobody, for tests that need no database."""
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": "http://localhost",
        "aud": "gatehouse-api",
        "sub": "nobody",
        "client_id": "web",
        "iat": now,
        "exp": now + 300,
        "jti": "AAAAAAAAAAAAAAAAAAAAAA",
        "sid": "BBBBBBBBBBBBBBBBBBBBBB",
        "gen": 1,
        "ver": 1,
        "scope": "notes:read notes:write",
        "auth_time": now,
        "amr": ["pwd"],
        "acr": "1",
    } | changes
    return {name: value for name, value in claims.items() if value is not ...}


# What makes a good refresh token a bad one.
BAD_REFRESH_TOKENS: dict[str, Callable[[str], str]] = {
    "forged": lambda good: good[:-8] + "AAAAAAAA",
    "expired": lambda good: altered(good, exp=int(time.time()) - 100),
    "of no session": lambda good: altered(good, sid="CCCCCCCCCCCCCCCCCCCCCC"),
    "with another key": lambda good: altered(good, key="another"),
    "with a key no one can encode": lambda good: altered(good, key="\ud800"),
    "with an empty key": lambda good: altered(good, key=""),
    "without a key": lambda good: altered(good, key=...),
    "key of another type": lambda good: altered(good, key=["x"]),
    "of a program": lambda good: altered(good, client_id="cli"),
    "ahead": lambda good: altered(good, gen=7),
    "far ahead": lambda good: altered(good, gen=2**37),
    "for another audience": lambda good: altered(good, aud="gatehouse-api"),
    "of another issuer": lambda good: altered(good, iss="http://evil.example"),
    "of another type": lambda good: signed(header("JWT"), contents(good)[1]),
    "odd sid": lambda good: altered(good, sid="\ud800"),
    "no text": lambda good: "",
    "too long": lambda good: good + "A" * 100_000,
}
