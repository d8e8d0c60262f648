"""Our tokens and keys in the eyes of another library (joserfc), and its tokens in ours.

Whoever runs an API server of their own verifies with the library they have: what we issue must
mean the same to it. The refusals below are worth something because the first test of their kind,
signed by the same hands with the right key, is accepted.
"""

import hmac
import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws, jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import ECKey, KeySet

from accounts import sessions, subjects, tokens
from accounts.errors import InvalidToken, SessionEnded
from accounts.models import User
from accounts.tokens import key_store, keys
from accounts.tokens.claims import Issued
from tests.clients import BrowserClient

ISSUER = "http://localhost"
Forge = Callable[[dict[str, Any], dict[str, Any]], str]


@pytest.fixture
def issued(alice: User) -> Issued:
    return sessions.start(alice, client="web", remember=True)


@pytest.fixture
def published(browser_client: BrowserClient) -> KeySet:
    return KeySet.import_key_set(browser_client.get("/.well-known/jwks.json").json())


@pytest.fixture
def claims(issued: Issued, published: KeySet) -> dict[str, Any]:
    return dict(jwt.decode(issued.access, published, algorithms=["ES256"]).claims)


def header(**changes: Any) -> dict[str, Any]:
    """Ours, with changes; None leaves a member out."""
    ours = {"typ": "at+jwt", "alg": "ES256", "kid": key_store.ring().active_kid} | changes
    return {name: value for name, value in ours.items() if value is not None}


def our_key() -> ECKey:
    return ECKey.import_key(key_store.ring().active.private_jwk())


def signed(head: dict[str, Any], claims: dict[str, Any], key: Any = None) -> str:
    """By joserfc, with our own private key unless told otherwise."""
    registry = jws.JWSRegistry(algorithms=[head["alg"]], strict_check_header=False)
    return jws.serialize_compact(
        head, json.dumps(claims).encode(), key or our_key(), registry=registry
    )


def test_access_token_is_verified_by_another_library(
    issued: Issued, published: KeySet, alice: User
) -> None:
    """From the published keys alone: signature, header and every claim of the wire contract."""
    token = jwt.decode(issued.access, published, algorithms=["ES256"])

    assert token.header == header()
    assert token.claims == {
        "iss": ISSUER,
        "aud": "gatehouse-api",
        "sub": subjects.of(alice).sub,
        "client_id": "web",
        "iat": int(issued.issued_at.timestamp()),
        "exp": int(issued.issued_at.timestamp()) + 300,
        "jti": token.claims["jti"],
        "sid": issued.session.id,
        "gen": 1,
        "ver": 1,
        "scope": "notes:read notes:write",
    }


def test_refresh_token_is_verified_by_another_library(issued: Issued, published: KeySet) -> None:
    """It has a type and an audience of its own, so that no API takes it for an access token."""
    token = jwt.decode(issued.refresh, published, algorithms=["ES256"])

    assert token.header == header(typ="rt+jwt")
    assert token.claims["aud"] == f"{ISSUER}/auth/refresh"
    assert token.claims["exp"] == int(issued.session.idle_expires_at.timestamp())
    assert set(token.claims) == {
        *("iss", "aud", "sub", "client_id", "iat", "exp", "jti", "sid", "gen", "key")
    }


def test_token_changed_in_one_claim_is_refused_by_another_library(
    issued: Issued, published: KeySet
) -> None:
    """The published keys are the ones that sign, not just any that parse."""
    head, _, signature = issued.access.split(".")
    other = signed(header(), {"sub": "mallory"}).split(".")[1]

    with pytest.raises(BadSignatureError):
        jwt.decode(f"{head}.{other}.{signature}", published, algorithms=["ES256"])


def test_token_of_another_library_with_our_key_and_claims_is_accepted(
    claims: dict[str, Any],
) -> None:
    """Access tokens first: nothing but the key and the claims makes a token ours."""
    found = tokens.verify_access(signed(header(), claims))

    assert (found.sub, found.sid, found.gen) == (claims["sub"], claims["sid"], claims["gen"])
    assert found.scope == {"notes:read", "notes:write"}


def test_refresh_token_of_another_library_with_our_key_rotates(
    issued: Issued, published: KeySet
) -> None:
    """And refresh tokens: the row knows the secret in it, not the text of the token."""
    claims = jwt.decode(issued.refresh, published, algorithms=["ES256"]).claims

    answer = sessions.rotate(signed(header(typ="rt+jwt"), claims), client="web")

    assert answer.session.id == issued.session.id


def public_bytes(encoding: Encoding) -> bytes:
    return key_store.ring().active.public.public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)


def hmac_with(secret: Callable[[], bytes]) -> Forge:
    """By hand: joserfc refuses to take a public key for a secret, too."""

    def forge(head: dict[str, Any], claims: dict[str, Any]) -> str:
        parts = ({**head, "alg": "HS256"}, claims)
        text = ".".join(keys.b64(json.dumps(part).encode()) for part in parts)
        return f"{text}.{keys.b64(hmac.digest(secret(), text.encode(), 'sha256'))}"

    return forge


def with_own_key(**extra: Any) -> Forge:
    def forge(head: dict[str, Any], claims: dict[str, Any]) -> str:
        own = ECKey.generate_key("P-256")
        values = {name: value(own) for name, value in extra.items()}
        return signed({**head, **values}, claims, own)

    return forge


def without_signature(alg: str) -> Forge:
    def forge(head: dict[str, Any], claims: dict[str, Any]) -> str:
        parts = ({**head, "alg": alg}, claims)
        return ".".join(keys.b64(json.dumps(part).encode()) for part in parts) + "."

    return forge


FORGERIES: dict[str, Forge] = {
    "own key under our kid": with_own_key(),
    "own key under its own kid": with_own_key(kid=lambda key: key.thumbprint()),
    "own key, brought along": with_own_key(jwk=lambda key: key.as_dict(private=False)),
    "own key, to be fetched": with_own_key(jku=lambda key: "https://mallory.example/jwks.json"),
    "no algorithm": without_signature("none"),
    "no algorithm, other case": without_signature("nOnE"),
    "our algorithm, no signature": without_signature("ES256"),
    "HS256 with the public key as PEM": hmac_with(lambda: public_bytes(Encoding.PEM)),
    "HS256 with the public key as DER": hmac_with(lambda: public_bytes(Encoding.DER)),
    "HS256 with the public JWK": hmac_with(
        lambda: json.dumps(key_store.ring().active.public_jwk()).encode()
    ),
    "HS256 with x of the public key": hmac_with(
        lambda: keys.unb64(key_store.ring().active.public_jwk()["x"])
    ),
    "HS256 with the kid": hmac_with(lambda: key_store.ring().active_kid.encode()),
    "ES384 with an own key": lambda head, claims: signed(
        head | {"alg": "ES384"}, claims, ECKey.generate_key("P-384")
    ),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_forgery_without_our_private_key_is_refused(
    claims: dict[str, Any], published: KeySet, issued: Issued, forgery: str
) -> None:
    """As an access token and as a refresh token, with every claim as it should be."""
    refresh_claims = jwt.decode(issued.refresh, published, algorithms=["ES256"]).claims

    with pytest.raises(InvalidToken):
        tokens.verify_access(FORGERIES[forgery](header(), claims))
    with pytest.raises(SessionEnded):
        sessions.rotate(FORGERIES[forgery](header(typ="rt+jwt"), refresh_claims), client="web")


NOW = int(time.time())


@pytest.mark.parametrize(
    ("head", "change"),
    [
        ({"typ": "rt+jwt"}, {}),
        ({"typ": "JWT"}, {}),
        ({"typ": None}, {}),
        ({"kid": None}, {}),
        ({"kid": "unknown"}, {}),
        ({}, {"iss": "http://localhost:8000"}),
        ({}, {"aud": f"{ISSUER}/auth/refresh"}),
        ({}, {"aud": ["gatehouse-api"]}),
        ({}, {"exp": NOW - 6}),
        ({}, {"exp": str(NOW + 300)}),
        ({}, {"iat": NOW + 600}),
        ({}, {"nbf": NOW + 86_400}),
        ({}, {"sid": None}),
        ({}, {"ver": True}),
        ({}, {"client_id": "other"}),
    ],
    # Each process of the run collects at its own moment; names must not tell it.
    ids=lambda part: re.sub(r"\d{10}", "time", str(part)),
)
def test_token_with_our_signature_and_one_thing_wrong_is_refused(
    claims: dict[str, Any], head: dict[str, Any], change: dict[str, Any]
) -> None:
    """A good signature says who wrote it, not that it is meant for this."""
    with pytest.raises(InvalidToken):
        tokens.verify_access(signed(header(**head), claims | change))


def test_refresh_token_is_no_access_token_and_neither_the_other(issued: Issued) -> None:
    """Signed with one key, told apart by type."""
    with pytest.raises(InvalidToken):
        tokens.verify_access(issued.refresh)
    with pytest.raises(SessionEnded):
        sessions.rotate(issued.access, client="web")
