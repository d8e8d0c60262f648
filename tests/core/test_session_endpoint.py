"""GET /auth/session: who am I, without a 401."""

import time
from datetime import datetime

import pytest

from tests.core import forge
from tests.core.presenting import ACCESS, REFRESH

NOBODY = {"authenticated": False, "user": None, "session": None}


def test_nobody_signed_in_is_no_failure(browser_client):
    """A page asks this first: 200, everything null."""
    response = browser_client.get("/auth/session")

    assert (response.status_code, response.json()) == (200, NOBODY)


def test_times_tell_when_what_ends(browser_client, alice):
    """RFC 3339 in UTC with Z; the page plans its refresh by them."""
    browser_client.sign_in(alice, remember=True)

    session = browser_client.get("/auth/session").json()["session"]

    assert set(session) == {
        "id", "created_at", "access_expires_at", "refresh_expires_at", "expires_at",
    }  # fmt: skip
    times = {name: text for name, text in session.items() if name != "id"}
    assert all(text.endswith("Z") for text in times.values())
    at = {name: datetime.fromisoformat(text).timestamp() for name, text in times.items()}
    assert at["access_expires_at"] - at["created_at"] == pytest.approx(300, abs=2)
    assert at["refresh_expires_at"] - at["created_at"] == pytest.approx(7 * 86400, abs=2)
    assert at["expires_at"] - at["created_at"] == pytest.approx(30 * 86400, abs=2)


@pytest.mark.parametrize("access", [None, "broken", "expired"])
def test_refresh_cookie_alone_says_that_a_refresh_is_worth_it(browser_client, alice, access):
    """Not authenticated, but a session: the page refreshes once."""
    browser_client.sign_in(alice)
    good = browser_client.cookies.pop(ACCESS).value
    if access:
        expired = forge.altered(good, exp=int(time.time()) - 60)
        browser_client.cookies[ACCESS] = {"broken": "x", "expired": expired}[access]

    body = browser_client.get("/auth/session").json()

    assert (body["authenticated"], body["user"]) == (False, None)
    assert body["session"]["access_expires_at"] is None
    assert body["session"]["refresh_expires_at"]


def test_ended_session_is_nobody(browser_client, alice):
    """Ended elsewhere: nothing is worth a refresh."""
    browser_client.sign_in(alice)
    alice.is_active = False
    alice.save()

    assert browser_client.get("/auth/session").json() == NOBODY


def test_bearer_ignored(browser_client, api_client, alice):
    """The row is marked browser."""
    api_client.sign_in(alice)
    header = f"Bearer {api_client.tokens['access_token']}"

    response = browser_client.get("/auth/session", headers={"Authorization": header})

    assert response.json() == NOBODY


def test_programs_refresh_token_is_nobody(browser_client, api_client, alice):
    """A session of a program cannot be refreshed by a page."""
    api_client.sign_in(alice)
    browser_client.cookies[REFRESH] = api_client.tokens["refresh_token"]

    assert browser_client.get("/auth/session").json() == NOBODY


def test_answer_is_not_stored(browser_client, alice):
    """ASVS 14.3.2."""
    browser_client.sign_in(alice)

    assert browser_client.get("/auth/session")["Cache-Control"] == "no-store"
