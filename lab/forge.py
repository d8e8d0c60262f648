"""The forger's workshop: header, claims and signature of a token, in any combination.

Its keys are its own (not even those of the lab's sessions), so that nothing made here opens
anything: not the app, and not another learner's bench. The verdicts on them are
lab.verdicts' business.
"""

import hmac
import json
import time
from collections.abc import Callable
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from django.conf import settings

from accounts.conf import conf
from accounts.models import opaque_id
from accounts.tokens import key_store, keys
from lab import profile


def workshop() -> dict[str, Any]:
    """The lab's settings with keys and an issuer of the workshop's own."""
    usual: dict[str, Any] = settings.GATEHOUSE
    return {
        **profile.lab(),
        "ISSUER": f"{usual['ISSUER']}/lab/forge",
        "SIGNING_KEYS_FILE": profile.key_file("lab-forge-keys.json"),
    }


def pem() -> bytes:
    """The public key as a file: what anybody can fetch, and what a careless verifier holds."""
    public = key_store.ring().active.public
    return public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def header(typ: str = "at+jwt", **changes: Any) -> dict[str, Any]:
    return {"typ": typ, "alg": "ES256", "kid": key_store.ring().active_kid, **changes}


def claims(**changes: Any) -> dict[str, Any]:
    """The claims of a good access token of the workshop, with these changed."""
    now = int(time.time())
    return {
        "iss": conf.issuer,
        "aud": conf.audience,
        "sub": "alice",
        "client_id": "web",
        "iat": now,
        "exp": now + 300,
        "jti": opaque_id(),
        "sid": opaque_id(),
        "gen": 1,
        "ver": 1,
        "scope": "notes:read notes:write",
        "auth_time": changes.get("iat", now),
        "amr": ["pwd"],
        "acr": "1",
        **changes,
    }


def segment(part: dict[str, Any] | str) -> str:
    text = part if isinstance(part, str) else json.dumps(part, separators=(",", ":"))
    return keys.b64(text.encode("utf-8", "replace"))


def es256(key: ec.EllipticCurvePrivateKey, signed: str) -> str:
    """RFC 7518 section 3.4: r and s, 32 bytes each."""
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return keys.b64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))


@cache
def attackers_key() -> ec.EllipticCurvePrivateKey:
    """Anybody can make one; made anew in each server process."""
    return ec.generate_private_key(ec.SECP256R1())


def sign(head: dict[str, Any] | str, body: dict[str, Any] | str, how: str, secret: bytes) -> str:
    """The compact form, signed in one of SIGNATURES' ways."""
    signed = f"{segment(head)}.{segment(body)}"
    return f"{signed}.{SIGNATURES[how](signed, secret)}"


# How a forger can fill the third segment. `kept` comes from a good token with other claims.
SIGNATURES: dict[str, Callable[[str, bytes], str]] = {
    "workshop": lambda signed, secret: es256(key_store.ring().active.private, signed),
    "attacker": lambda signed, secret: es256(attackers_key(), signed),
    "kept": lambda signed, secret: es256(
        key_store.ring().active.private, f"{segment(header())}.{segment(claims())}"
    ),
    "none": lambda signed, secret: "",
    "hs256": lambda signed, secret: keys.b64(hmac.digest(secret, signed.encode(), "sha256")),
    "hs512": lambda signed, secret: keys.b64(hmac.digest(secret, signed.encode(), "sha512")),
}
