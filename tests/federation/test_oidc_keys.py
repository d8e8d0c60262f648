"""The identity provider's keys: what is odd about one of them is nothing to the others."""

from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from accounts.federation import provider
from tests.clients import BrowserClient
from tests.federation.stand_in import StandIn, outcome

pytestmark = pytest.mark.django_db

EC = ECKey.generate_key("P-256", {"kid": "other"}).as_dict(private=False)
RSA = RSAKey.generate_key(2048, {"kid": "other"}).as_dict(private=False)


def without(name: str, key: dict[str, Any]) -> dict[str, Any]:
    return {member: value for member, value in key.items() if member != name}


ODD: dict[str, Any] = {
    "unknown curve": {**EC, "crv": "P-999"},
    "curve of another standard": {**EC, "crv": "brainpoolP256r1"},
    "curve is a list": {**EC, "crv": ["P-256"]},
    "point is missing": without("x", EC),
    "point is not on the curve": {**EC, "x": "AAAA"},
    "no modulus": without("n", RSA),
    "no exponent": without("e", RSA),
    "modulus is empty": {**RSA, "n": ""},
    "modulus is a number": {**RSA, "n": 7},
    "modulus is no base64": {**RSA, "n": "%%%"},
    "modulus is no text": {**RSA, "n": "\ud800"},
    "exponent of zero": {**RSA, "e": "AA"},
    "shared secret": OctKey.generate_key(256, {"kid": "other"}).as_dict(),
    "EdDSA": OKPKey.generate_key("Ed25519", {"kid": "other"}).as_dict(private=False),
    "unknown type": {"kty": "AKP", "kid": "other", "alg": "ML-DSA-44", "pub": "AAAA"},
    "type is a list": {**EC, "kty": ["EC"]},
    "type is missing": without("kty", EC),
    "for encryption": {**EC, "use": "enc"},
    "unknown use": {**EC, "use": "tls"},
    "use is a list": {**EC, "use": ["sig"]},
    "for wrapping keys": {**EC, "key_ops": ["wrapKey"]},
    "unknown operation": {**EC, "key_ops": ["stamp"]},
    "operations are a number": {**EC, "key_ops": 7},
    "algorithm is a number": {**EC, "alg": 7},
    "kid is a number": {**EC, "kid": 7},
    "certificate is a text": {**EC, "x5c": "AAAA"},
    "text": "a key",
    "nothing": None,
    "list": [EC],
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
@pytest.mark.parametrize("kid", ["other", "first"])
def test_odd_key_beside_a_good_one_is_passed_over(
    idp: StandIn, browser_client: BrowserClient, odd: Any, kid: str
) -> None:
    """RFC 7517 section 5; also where it has the kid of the good one, and stands before it."""
    if isinstance(odd, dict) and odd.get("kid") == "other":
        odd = {**odd, "kid": kid}
    idp.published = [odd, *idp.published]

    assert outcome(idp.sign_in(browser_client)) == "/notes"


@pytest.mark.parametrize(
    "change",
    [
        {"use": None},
        {"alg": None, "x5c": None, "key_ops": None},
        {"kid": None},
        {"x5c": "not a list"},
        {"use": "sig", "key_ops": ["sign", "verify"]},
        {"alg": "ES256"},
        {"x-made-up": {"deep": [1]}},
    ],
)
def test_good_key_with_an_odd_member_is_used(
    idp: StandIn, browser_client: BrowserClient, change: dict[str, Any]
) -> None:
    """Null is as if it were not there; what we do not need is not looked at."""
    idp.published = [{**idp.published[0], **change}]

    assert outcome(idp.sign_in(browser_client)) == "/notes"


@pytest.mark.parametrize(
    "change",
    [
        *({"use": "enc"}, {"use": "SIG"}, {"key_ops": ["encrypt"]}, {"key_ops": "verify"}),
        *({"alg": "ES384"}, {"kid": "second"}, {"kty": "RSA"}),
    ],
)
def test_key_that_is_not_for_this_is_not_used(
    idp: StandIn, browser_client: BrowserClient, change: dict[str, Any]
) -> None:
    """What it is for, RFC 7517 section 4.2 to 4.5 says; nobody is signed in by another."""
    idp.published = [{**idp.published[0], **change}]

    assert outcome(idp.sign_in(browser_client)) == "oidc_failed"


@pytest.mark.parametrize("beside", [0, 2])
def test_token_without_a_kid_finds_its_key(
    idp: StandIn, browser_client: BrowserClient, beside: int
) -> None:
    """A provider with one key need not name it; with more, the one that has signed is found."""
    idp.published = [EC, RSA][:beside] + idp.published
    idp.header = {"alg": "ES256"}

    assert outcome(idp.sign_in(browser_client)) == "/notes"


def test_key_without_a_kid_verifies_a_token_with_one(
    idp: StandIn, browser_client: BrowserClient
) -> None:
    """The provider has but one, and does not name it in its list."""
    idp.published = [without("kid", idp.published[0])]

    assert outcome(idp.sign_in(browser_client)) == "/notes"


def test_two_keys_of_one_kid_are_both_tried(idp: StandIn, browser_client: BrowserClient) -> None:
    """Whichever stands first."""
    idp.published = [{**EC, "kid": "first"}, *idp.published, {**RSA, "kid": "first"}]

    assert outcome(idp.sign_in(browser_client)) == "/notes"


def test_key_that_was_replaced_under_its_kid_is_fetched(
    idp: StandIn, browser_client: BrowserClient
) -> None:
    """The old one does not verify the token, so the new one is asked for."""
    idp.sign_in(browser_client)
    idp.key = ECKey.generate_key("P-256", {"kid": "first"})
    idp.published = [idp.key.as_dict(private=False)]
    forget_keys(idp)

    assert outcome(idp.sign_in(browser_client)) == "/notes"


@pytest.mark.parametrize("keys", [None, "keys", {}, [], 7])
def test_list_without_keys_lets_nobody_in(
    idp: StandIn, browser_client: BrowserClient, keys: Any
) -> None:
    """And is no error of ours."""
    idp.answers["/jwks"] = (200, {}, {"keys": keys})

    assert outcome(idp.sign_in(browser_client)) == "oidc_failed"


def forget_keys(idp: StandIn) -> None:
    """As if the keys had been fetched a minute ago."""
    documents = provider.memory().documents
    since, found = documents[f"{idp.issuer}/jwks"]
    documents[f"{idp.issuer}/jwks"] = since - 60, found
