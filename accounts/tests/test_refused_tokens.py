"""Step 7: whatever is wrong with a token, the answer is the same, and nobody else can be asked."""

import time

import pytest

from .. import subjects
from . import forge
from .clients import BrowserClient
from .people import change_rights, let_in, shut_out
from .presenting import ACCESS, REFRESH, assert_refused, by_bearer, by_cookie, challenge_of


@pytest.fixture
def good(browser_client, alice) -> str:
    browser_client.sign_in(alice)
    return browser_client.cookies[ACCESS].value


def test_token_of_an_ended_session_refused(browser_client, good):
    """ASVS 7.4.1: the very next request after sign-out fails, whoever sends it."""
    assert by_bearer(good).status_code == 200

    browser_client.post("/auth/logout")

    assert_refused(good)


def test_token_of_a_deactivated_user_refused(alice, good):
    """ASVS 7.4.2: deactivation ends access at once, and reactivation does not bring it back."""
    shut_out(alice)
    assert_refused(good)

    let_in(alice)
    assert_refused(good)


def test_token_of_a_user_deactivated_in_bulk_refused(alice, good, settings):
    """A bulk update sends no signal: the feed looks for inactive users itself."""
    settings.GATEHOUSE = {**settings.GATEHOUSE, "REVOCATION_POLL_SECONDS": 0}

    subjects.rows().filter(pk=alice.pk).update(is_active=False)

    assert_refused(good)


def test_token_of_a_deleted_user_refused(alice, good):
    """A user who is gone is 401, neither 404 nor an error (simplejwt issue 861)."""
    alice.delete()

    assert_refused(good)


def test_token_from_before_a_change_of_role_refused(browser_client, alice, good):
    """ASVS 8.3.2: rights change at the next request; one refresh brings the new ones."""
    change_rights(alice)

    assert_refused(good)
    assert browser_client.post("/auth/refresh").status_code == 200
    assert browser_client.get("/probe").status_code == 200


def test_version_that_was_never_issued_refused(alice, good):
    """Only a careless signer could write it; it is judged by the user's own `ver`."""
    change_rights(alice)

    assert_refused(forge.altered(good, ver=0))


def test_expired_token_and_forged_token_told_apart_by_nobody(good):
    """ASVS 16.5.1: expired, forged and malformed are one answer, by cookie as by Bearer."""
    expired = forge.altered(good, exp=int(time.time()) - 100)
    answers = {
        (response.status_code, response.content, str(sorted(steady(response).items())))
        for token in (expired, good[:-8] + "AAAAAAAA", "not a token", "")
        for response in (by_cookie(token), by_bearer(token))
    }

    assert len(answers) == 1


def steady(response) -> dict[str, str]:
    """The headers, but for the one that is random by design."""
    return {name: value for name, value in response.headers.items() if name != "X-Request-Id"}


@pytest.mark.parametrize("case", forge.BAD_REFRESH_TOKENS)
def test_bad_refresh_token_answered_as_any_other(browser_client, alice, case):
    """A refusal tells nothing about its cause, deletes no cookie and leaves the session alone."""
    browser_client.sign_in(alice)
    good = browser_client.cookies[REFRESH].value
    csrf = browser_client.cookies["__Host-csrftoken"].value
    bad = forge.BAD_REFRESH_TOKENS[case](good)

    response = browser_client.post(
        "/auth/refresh", headers={"Cookie": f"__Host-csrftoken={csrf}; {REFRESH}={bad}"}
    )

    assert (response.status_code, response.json()["code"]) == (401, "session_ended")
    assert challenge_of(response) == 'Bearer realm="gatehouse", error="invalid_token"'
    assert not response.cookies
    reference = BrowserClient()
    reference.get("/auth/session")
    reference.cookies[REFRESH] = "x"
    assert response.content == reference.post("/auth/refresh").content
    assert browser_client.post("/auth/refresh").status_code == 200
