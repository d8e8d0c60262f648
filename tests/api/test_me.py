"""GET /api/me: the token alone."""

import pytest

from accounts import subjects
from accounts.tests.presenting import challenge_of
from accounts.users.models import User
from tests.clients import BearerClient, BrowserClient


def test_cookie_answers_what_the_token_says(browser_client: BrowserClient, alice: User) -> None:
    """Step 7 in one answer: identity, session, client, scopes and expiry, from the cookie."""
    signed_in = browser_client.sign_in(alice).json()

    answer = browser_client.get("/api/me")

    assert answer.json() == {
        "id": subjects.of(alice).sub,
        "session_id": signed_in["session"]["id"],
        "client_id": "web",
        "scope": ["notes:read", "notes:write"],
        "expires_at": signed_in["session"]["access_expires_at"],
    }
    assert answer.headers["Cache-Control"] == "no-store"


def test_bearer_answers_for_the_program(api_client: BearerClient, carol: User) -> None:
    """The same endpoint takes a Bearer token; staff carry one scope more."""
    api_client.sign_in(carol)

    body = api_client.get("/api/me").json()

    assert body["client_id"] == "cli"
    assert body["scope"] == ["audit:read", "notes:read", "notes:write"]


def test_nobody_is_told_to_sign_in(browser_client: BrowserClient) -> None:
    """RFC 6750 section 3.1: without a credential the challenge names no error."""
    answer = browser_client.get("/api/me")

    assert answer.status_code == 401
    assert answer.json()["code"] == "not_authenticated"
    assert challenge_of(answer) == 'Bearer realm="gatehouse"'


def test_cookie_beside_bearer_is_refused_before_either_is_looked_at(
    browser_client: BrowserClient, alice: User
) -> None:
    """RFC 6750 section 2: one method a request, even where both are good or both are bad."""
    browser_client.sign_in(alice)

    for token in ("nonsense", browser_client.cookies["__Host-Http-access_token"].value):
        answer = browser_client.get("/api/me", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 400
        assert answer.json()["code"] == "two_credentials"


@pytest.mark.parametrize("scheme", ["Basic", "Digest", "Token", "Bearerish"])
def test_other_schemes_are_not_for_us(
    browser_client: BrowserClient, alice: User, scheme: str
) -> None:
    """A header of another scheme neither authenticates nor gets in the cookie's way."""
    browser_client.sign_in(alice)

    answer = browser_client.get("/api/me", headers={"Authorization": f"{scheme} abc"})

    assert answer.status_code == 200


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_scheme_is_case_insensitive(api_client: BearerClient, alice: User, scheme: str) -> None:
    """RFC 9110 section 11.1."""
    api_client.sign_in(alice)

    sent = f"{scheme} {api_client.tokens['access_token']}"

    assert api_client.get("/api/me", headers={"Authorization": sent}).status_code == 200


@pytest.mark.parametrize(
    "place", ["?access_token={}", "?token={}", "?refresh={}", "?authorization=Bearer {}"]
)
def test_token_in_the_address_is_ignored(api_client: BearerClient, alice: User, place: str) -> None:
    """OAuth 2.1: query parameters end up in logs; they are no credential here."""
    api_client.sign_in(alice)

    path = "/api/me" + place.format(api_client.tokens["access_token"])

    assert api_client.get(path, headers={"Authorization": None}).status_code == 401


@pytest.mark.django_db(transaction=True)
def test_steady_state_asks_no_database(
    browser_client: BrowserClient, alice: User, django_assert_num_queries, settings
) -> None:
    """Validation of a token that this process has seen costs no query at all."""
    settings.GATEHOUSE = {**settings.GATEHOUSE, "REVOCATION_POLL_SECONDS": 3600}
    browser_client.sign_in(alice)
    browser_client.get("/api/me")

    with django_assert_num_queries(0):
        answer = browser_client.get("/api/me")

    assert answer.status_code == 200
