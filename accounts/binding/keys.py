"""Read and verify what devices sign: a JWT by an ES256 key that the server need not know before.

The key stands in the header (`jwk`), which proves possession and nothing else. Who may use it is
decided by its thumbprint (RFC 7638), which the session's row and the access token name.
Only ES256 is taken: DBSC and DPoP both have to know it, and one algorithm cannot be swapped.
"""

import hashlib
import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256

from ..tokens.jws import Jws, Malformed, parse
from ..tokens.keys import b64, unb64

COORDINATE = 32  # bytes
REQUIRED = ("crv", "kty", "x", "y")


def read_proof(text: str, typ: str) -> Jws:
    """Return a proof, taken apart and not yet verified.

    Raise Malformed unless its header has this `typ`, the algorithm ES256 and nothing critical.
    `alg: none` is refused by name, since DBSC allows it (W3C draft, section 8).
    """
    jws = parse(text)
    if jws.header.get("typ") != typ:
        raise Malformed(f"typ is not {typ}")
    if jws.header.get("alg") == "none":
        raise Malformed("alg is none: nothing is signed")
    if jws.header.get("alg") != "ES256":
        raise Malformed("alg is not ES256")
    if "crit" in jws.header or "b64" in jws.header:
        raise Malformed("the header has crit or b64, which nobody here knows")
    return jws


def read_key(jwk: Any) -> tuple[ec.EllipticCurvePublicKey, str]:
    """Return the public key in a JWK, and its thumbprint. Raise Malformed for anything else."""
    if not isinstance(jwk, dict) or any(not isinstance(jwk.get(name), str) for name in REQUIRED):
        raise Malformed("jwk is missing or no key on a curve")
    if (jwk["kty"], jwk["crv"]) != ("EC", "P-256") or "d" in jwk:
        raise Malformed("jwk is no public key on P-256")
    try:
        x, y = unb64(jwk["x"]), unb64(jwk["y"])
        # One key has one spelling, or it would have several thumbprints.
        if (len(x), len(y)) != (COORDINATE, COORDINATE) or (b64(x), b64(y)) != (jwk["x"], jwk["y"]):
            raise Malformed("a coordinate of jwk is not canonical")
        numbers = ec.EllipticCurvePublicNumbers(
            int.from_bytes(x, "big"), int.from_bytes(y, "big"), ec.SECP256R1()
        )
        return numbers.public_key(), thumbprint(jwk)
    except ValueError as error:
        raise Malformed("jwk is no point on P-256") from error


def thumbprint(jwk: dict[str, str]) -> str:
    """Return the SHA-256 of the key's required members in their order (RFC 7638)."""
    members = {name: jwk[name] for name in REQUIRED}
    return b64(hashlib.sha256(json.dumps(members, separators=(",", ":")).encode()).digest())


def verify(jws: Jws, key: ec.EllipticCurvePublicKey) -> dict[str, Any]:
    """Return the claims of a proof. Raise Malformed unless this key signed exactly these bytes."""
    r, s = (int.from_bytes(half, "big") for half in (jws.signature[:32], jws.signature[32:]))
    try:
        key.verify(utils.encode_dss_signature(r, s), jws.signed, ec.ECDSA(SHA256()))
    except (InvalidSignature, ValueError) as error:
        raise Malformed("the signature does not fit these bytes") from error
    return jws.claims()
