"""Our tokens and keys in the eyes of another library (joserfc), and its tokens in ours.

Whoever runs an API server of their own verifies with the library they have: what we issue must
mean the same to it. What we refuse stands in the core's own tests.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jws, jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import ECKey, KeySet

from accounts import sessions, subjects, tokens
from accounts.tokens import key_store, keys
from accounts.tokens.claims import Issued
from accounts.users.models import User
from tests.clients import BrowserClient

ISSUER = "http://localhost"
Forge = Callable[[dict[str, Any], dict[str, Any]], str]


@pytest.fixture
def issued(alice: User) -> Issued:
    return sessions.start(alice, evidence=sessions.BY_PASSWORD, client="web", remember=True)


@pytest.fixture
def published(browser_client: BrowserClient) -> KeySet:
    return KeySet.import_key_set(browser_client.get("/.well-known/jwks.json").json())


@pytest.fixture
def claims(issued: Issued, published: KeySet) -> dict[str, Any]:
    return dict(jwt.decode(issued.access, published, algorithms=["ES256"]).claims)


def header(**changes: Any) -> dict[str, Any]:
    """Ours, with changes. None leaves a member out."""
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
        "auth_time": int(issued.issued_at.timestamp()),
        "amr": ["pwd"],
        "acr": "1",
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


def test_kid_is_the_thumbprint_that_another_library_computes() -> None:
    """RFC 7638, from the public members alone."""
    for key in (keys.new_key("active"), keys.new_key("next")):
        assert key.kid == ECKey.import_key(key.public_jwk()).thumbprint()
        assert key.kid == ECKey.import_key(key.private_jwk()).thumbprint()
