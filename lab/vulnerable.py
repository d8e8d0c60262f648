"""UNSAFE ON PURPOSE: token readers as they must not be written. Never copy from this module.

The only deliberately unsafe code of the repository. Each function makes one well-known mistake, in
the form in which it is found in the wild, so that the lab can give the same bytes to it and to
`accounts.tokens`. It had to be written by hand: PyJWT refuses most of these even when asked for.
An import contract lets only the lab's verdicts and their endpoint import it.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from accounts.tokens.keys import unb64

HMACS = {"HS256": hashlib.sha256, "HS512": hashlib.sha512}


class Refused(Exception):  # noqa: N818  (it says what happened)
    """Even this reader does not take the token."""


def decode_only(token: str, key: ec.EllipticCurvePublicKey, pem: bytes) -> dict[str, Any]:
    """Mistake: decoding is taken for verifying."""
    _header, payload, _signature = token.split(".")
    return read(payload)  # nobody has looked at the signature


def trusts_none(token: str, key: ec.EllipticCurvePublicKey, pem: bytes) -> dict[str, Any]:
    """Mistake: a token may say that it needs no signature."""
    header, payload, signature = token.split(".")
    if read(header)["alg"] != "none":
        check_es256(key, f"{header}.{payload}", unb64(signature))
    return read(payload)


def trusts_alg(token: str, key: ec.EllipticCurvePublicKey, pem: bytes) -> dict[str, Any]:
    """Mistake: the token chooses the algorithm, and one key serves them all."""
    header, payload, signature = token.split(".")
    alg = read(header)["alg"]
    if alg in HMACS:  # now the public key is the shared secret
        check_hmac(alg, pem, f"{header}.{payload}", unb64(signature))
    else:
        check_es256(key, f"{header}.{payload}", unb64(signature))
    return read(payload)


def trusts_jwk(token: str, key: ec.EllipticCurvePublicKey, pem: bytes) -> dict[str, Any]:
    """Mistake: the token brings the key it is checked with."""
    header, payload, signature = token.split(".")
    brought = read(header).get("jwk")
    if brought:
        key = public_key(brought)
    check_es256(key, f"{header}.{payload}", unb64(signature))
    return read(payload)


def trusts_kid(token: str, key: ec.EllipticCurvePublicKey, pem: bytes) -> dict[str, Any]:
    """Mistake: a key id that names nothing falls back to an empty secret."""
    header, payload, signature = token.split(".")
    secret = {"hmac-2019": pem}.get(read(header)["kid"], b"")
    check_hmac(read(header)["alg"], secret, f"{header}.{payload}", unb64(signature))
    return read(payload)


def signature_only(token: str, key: ec.EllipticCurvePublicKey, pem: bytes) -> dict[str, Any]:
    """Mistake: a good signature is enough, whatever the token was made for, and when."""
    header, payload, signature = token.split(".")
    check_es256(key, f"{header}.{payload}", unb64(signature))
    return read(payload)  # exp, aud, iss and typ were not asked for


READERS: dict[str, Callable[[str, ec.EllipticCurvePublicKey, bytes], dict[str, Any]]] = {
    reader.__name__: reader
    for reader in (decode_only, trusts_none, trusts_alg, trusts_jwk, trusts_kid, signature_only)
}


def read(segment: str) -> dict[str, Any]:
    found = json.loads(unb64(segment))
    if not isinstance(found, dict):
        raise Refused("not an object")
    return found


def check_hmac(alg: str, secret: bytes, signed: str, signature: bytes) -> None:
    if alg not in HMACS:
        raise Refused(f"{alg} is no HMAC")
    expected = hmac.digest(secret, signed.encode(), HMACS[alg])
    if not hmac.compare_digest(expected, signature):
        raise Refused("the HMAC does not match")


def check_es256(key: ec.EllipticCurvePublicKey, signed: str, signature: bytes) -> None:
    r, s = (int.from_bytes(part, "big") for part in (signature[:32], signature[32:]))
    try:
        key.verify(encode_dss_signature(r, s), signed.encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise Refused("the signature does not match") from None


def public_key(jwk: dict[str, str]) -> ec.EllipticCurvePublicKey:
    x, y = (int.from_bytes(unb64(jwk[name]), "big") for name in ("x", "y"))
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
