"""Step 7: the header of a token decides nothing but which of our keys it claims (RFC 8725)."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ..tokens import key_store, keys
from . import forge
from .presenting import ACCESS, assert_refused, by_bearer, by_cookie


@pytest.fixture
def good(browser_client, alice) -> str:
    browser_client.sign_in(alice)
    return browser_client.cookies[ACCESS].value


def claims_of(token: str) -> dict[str, Any]:
    return forge.contents(token)[1]


def test_token_signed_again_over_the_same_parts_accepted(good):
    """The forgeries of this module differ from a good token in nothing but what they name."""
    again = forge.signed(forge.header(), claims_of(good))

    assert by_cookie(again).status_code == by_bearer(again).status_code == 200


UNSIGNED = ["none", "None", "NONE", "nOnE", "", "none "]
OTHER = ["HS256", "hs256", "HS384", "HS512", "es256", "ES256 ", "ES384", "ES512", "ES256K", "EdDSA"]
OTHER += ["RS256", "PS256", "ES256\0", "Ｅ𝐒256"]
ODD: list[Any] = [["ES256"], ["HS256"], {"ES256": 1}, 0, 256, True, False]


@pytest.mark.parametrize("alg", [*UNSIGNED, *OTHER, *ODD], ids=repr)
def test_other_algorithm_in_the_header_refused(good, alg):
    """A key has exactly one algorithm, which the token cannot choose (RFC 8725 3.1, ASVS 9.1.2)."""
    assert_refused(forge.signed(forge.header(alg=alg), claims_of(good)))


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", "", "ES256"])
def test_token_without_a_signature_refused(good, alg):
    """RFC 7519 section 6: an unsecured JWT is nobody's word."""
    token = forge.signed(forge.header(alg=alg), claims_of(good))

    assert_refused(token.rpartition(".")[0] + ".")


def test_algorithm_missing_or_null_refused(good):
    """RFC 7515 section 4.1.1: `alg` must be present."""
    assert_refused(forge.signed(forge.header(alg=None), claims_of(good)))
    assert_refused(forge.signed({**forge.header(), "alg": None}, claims_of(good)))


def public_key_texts() -> dict[str, bytes]:
    """Every spelling of the public key that somebody might take for a shared secret."""
    key = key_store.ring().active
    spki, pem = serialization.PublicFormat.SubjectPublicKeyInfo, serialization.Encoding.PEM
    text = key.public.public_bytes(pem, spki)
    der = key.public.public_bytes(serialization.Encoding.DER, spki)
    point = key.public.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    body = b"".join(text.splitlines()[1:-1])
    return {
        "PEM": text,
        "PEM, stripped": text.strip(),
        "PEM, CRLF": text.replace(b"\n", b"\r\n"),
        "PEM, CRLF, stripped": text.strip().replace(b"\n", b"\r\n"),
        "PEM, one line": text.replace(b"\n", b""),
        "PEM, indented": text.replace(b"\n", b"\n "),
        "PEM, a byte order mark": b"\xef\xbb\xbf" + text,
        "PEM, its base64": body,
        "DER": der,
        "point": point,
        "JWK": json.dumps(key.public_jwk()).encode(),
        "JWK, compact": json.dumps(key.public_jwk(), separators=(",", ":")).encode(),
        "JWKS": json.dumps(key_store.ring().jwks()).encode(),
        "kid": key.kid.encode(),
        "x": key.public_jwk()["x"].encode(),
        "nothing": b"",
    }


@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
def test_public_key_as_shared_secret_refused(good, alg):
    """RFC 8725 section 2.1, CVE-2026-102268: no spelling of the public key is an HMAC secret."""
    message = f"{forge.b64(json.dumps(forge.header(alg=alg)).encode())}.{good.split('.')[1]}"
    for secret in public_key_texts().values():
        mac = hmac.digest(secret, message.encode(), f"sha{alg[2:]}")
        assert_refused(f"{message}.{forge.b64(mac)}")
        assert_refused(f"{message}.{forge.b64((mac * 2)[:64])}")


def attackers_key_in_the_header() -> dict[str, dict[str, Any]]:
    mallory = keys.new_key("active")
    return {
        "jwk": {"jwk": mallory.public_jwk()},
        "jwk, her kid": {"jwk": mallory.public_jwk(), "kid": mallory.kid},
        "jku": {"jku": "http://127.0.0.1:9/jwks.json", "kid": mallory.kid},
        "jku, our kid": {"jku": "http://127.0.0.1:9/jwks.json"},
        "jku, file": {"jku": "file:///dev/zero"},
        "x5u": {"x5u": "http://127.0.0.1:9/cert.pem"},
        "x5c": {"x5c": [base64.b64encode(b"certificate").decode()]},
        "x5t": {"x5t": forge.b64(hashlib.sha256(b"certificate").digest())},
        "x5t#S256": {"x5t#S256": forge.b64(hashlib.sha256(b"certificate").digest())},
    }


@pytest.mark.parametrize("place", attackers_key_in_the_header())
def test_key_or_its_address_in_the_header_refused(good, place):
    """RFC 8725 section 3.10, ASVS 9.1.3: a token cannot bring the key that proves it."""
    mallory = ec.generate_private_key(ec.SECP256R1())
    members = attackers_key_in_the_header()[place]

    assert_refused(forge.signed(forge.header(**members), claims_of(good), mallory))
    assert_refused(forge.signed(forge.header(**members), claims_of(good)))


KIDS: list[Any] = [
    "", " ", "unknown", "A" * 43, "a" * 3000, "../../dev/null", "/dev/null", "' OR 1=1 --",
    "|sleep 10", "$(sleep 10)", "\0", "\ud800", "null", 0, 1, -1, 10**30, 1.5, True, False,
    [], ["x"], {}, {"kid": "x"},
]  # fmt: skip


@pytest.mark.parametrize("kid", KIDS, ids=lambda kid: repr(kid)[:30])
def test_kid_of_no_key_refused(good, kid):
    """RFC 8725 section 3.10: `kid` is looked up among our keys and used for nothing else."""
    assert_refused(forge.signed(forge.header(kid=kid), claims_of(good)))


def test_kid_missing_refused(good):
    """The key is never guessed."""
    assert_refused(forge.signed(forge.header(kid=None), claims_of(good)))


def test_kid_of_our_key_in_another_spelling_refused(good):
    """`kid` is compared to the letter (RFC 7515 section 4.1.4)."""
    kid = key_store.ring().active_kid
    for other in (kid.swapcase(), f" {kid}", f"{kid}=", kid[:-1], f"{kid}\0", [kid], {kid: kid}):
        assert_refused(forge.signed(forge.header(kid=other), claims_of(good)))


CRITICAL: list[dict[str, Any]] = [
    {"crit": ["exp"]},
    {"crit": ["exp"], "exp": 1},
    {"crit": []},
    {"crit": "exp"},
    {"crit": {}},
    {"crit": [1]},
    {"crit": ["alg"]},
    {"crit": ["b64"], "b64": False},
    {"crit": ["b64"], "b64": True},
    {"b64": False},
    {"b64": True},
    {"zip": "DEF"},
    {"enc": "A128GCM"},
    {"cty": "JWT"},
    {"exp": 1},
    {"unheard": "of"},
]


@pytest.mark.parametrize("members", CRITICAL, ids=str)
def test_further_member_in_the_header_refused(good, members):
    """RFC 7515 section 4.1.11, CVE-2026-32597: what is not understood is not passed over."""
    assert_refused(forge.signed(forge.header(**members), claims_of(good)))


def test_unencoded_payload_refused(good):
    """RFC 7797: b64=false would let the payload say one thing and its encoding another."""
    head = forge.header(b64=False, crit=["b64"])
    first, payload = forge.b64(json.dumps(head).encode()), json.dumps(claims_of(good))
    raw = forge.signature(f"{first}.{payload}")

    assert_refused(f"{first}.{forge.b64(payload.encode())}.{forge.b64(raw)}")
    assert_refused(f"{first}..{forge.b64(raw)}")


TYPES: list[Any] = [
    "JWT", "jwt", "", "at+JWT", "AT+JWT", " at+jwt", "at+jwt ", "at+jwt\0", "application/at+jwt",
    "rt+jwt", "logout+jwt", "dpop+jwt", "secevent+jwt", "JWE", ["at+jwt"], {"at+jwt": 1}, 1, True,
]  # fmt: skip


@pytest.mark.parametrize("typ", TYPES, ids=repr)
def test_other_type_refused(good, typ):
    """RFC 8725 section 3.11, RFC 9068 section 4: only a token of its own kind is an access token."""
    assert_refused(forge.signed(forge.header(typ=typ), claims_of(good)))


def test_type_missing_refused(good):
    """A token that does not say what it is for is for nothing."""
    assert_refused(forge.signed(forge.header(typ=None), claims_of(good)))
