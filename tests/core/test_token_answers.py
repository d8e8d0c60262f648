"""Step 7: whatever is wrong with a token, the answer is the same, and nobody else can be asked."""

import time

import pytest

from accounts.users.models import User
from tests.clients import BrowserClient
from tests.core import forge
from tests.core.presenting import ACCESS, REFRESH, assert_refused, by_bearer, by_cookie


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
    alice.is_active = False
    alice.save()
    assert_refused(good)

    alice.is_active = True
    alice.save()
    assert_refused(good)


def test_token_of_a_user_deactivated_in_bulk_refused(alice, good, settings):
    """A bulk update sends no signal: the feed looks for inactive users itself."""
    settings.GATEHOUSE = {**settings.GATEHOUSE, "REVOCATION_POLL_SECONDS": 0}

    User.objects.filter(pk=alice.pk).update(is_active=False)

    assert_refused(good)


def test_token_of_a_deleted_user_refused(alice, good):
    """A user who is gone is 401, neither 404 nor an error (simplejwt issue 861)."""
    alice.delete()

    assert_refused(good)


def test_token_from_before_a_change_of_role_refused(browser_client, alice, good):
    """ASVS 8.3.2: rights change at the next request; one refresh brings the new ones."""
    alice.is_staff = True
    alice.save()

    assert_refused(good)
    assert browser_client.post("/auth/refresh").status_code == 200
    assert browser_client.get("/api/audit").status_code == 200


def test_version_that_was_never_issued_refused(alice, good):
    """Only a careless signer could write it; it is judged by the user's own `ver`."""
    alice.is_staff = True
    alice.save()

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


REFRESH_TOKENS = {
    "forged": lambda good: good[:-8] + "AAAAAAAA",
    "expired": lambda good: forge.altered(good, exp=int(time.time()) - 100),
    "of no session": lambda good: forge.altered(good, sid="CCCCCCCCCCCCCCCCCCCCCC"),
    "with another key": lambda good: forge.altered(good, key="another"),
    "with a key no one can encode": lambda good: forge.altered(good, key="\ud800"),
    "with an empty key": lambda good: forge.altered(good, key=""),
    "without a key": lambda good: forge.altered(good, key=...),
    "key of another type": lambda good: forge.altered(good, key=["x"]),
    "of a program": lambda good: forge.altered(good, client_id="cli"),
    "ahead": lambda good: forge.altered(good, gen=7),
    "far ahead": lambda good: forge.altered(good, gen=2**37),
    "for another audience": lambda good: forge.altered(good, aud="gatehouse-api"),
    "of another issuer": lambda good: forge.altered(good, iss="http://evil.example"),
    "of another type": lambda good: forge.signed(forge.header("JWT"), forge.contents(good)[1]),
    "odd sid": lambda good: forge.altered(good, sid="\ud800"),
    "no text": lambda good: "",
    "too long": lambda good: good + "A" * 100_000,
}


@pytest.mark.parametrize("case", REFRESH_TOKENS)
def test_bad_refresh_token_answered_as_any_other(browser_client, alice, case):
    """A refusal tells nothing about its cause, deletes no cookie and leaves the session alone."""
    browser_client.sign_in(alice)
    good = browser_client.cookies[REFRESH].value
    csrf = browser_client.cookies["__Host-csrftoken"].value
    bad = REFRESH_TOKENS[case](good)

    response = browser_client.post(
        "/auth/refresh", headers={"Cookie": f"__Host-csrftoken={csrf}; {REFRESH}={bad}"}
    )

    assert (response.status_code, response.json()["code"]) == (401, "session_ended")
    assert response["WWW-Authenticate"] == 'Bearer realm="gatehouse", error="invalid_token"'
    assert not response.cookies
    reference = BrowserClient()
    reference.get("/auth/session")
    reference.cookies[REFRESH] = "x"
    assert response.content == reference.post("/auth/refresh").content
    assert browser_client.post("/auth/refresh").status_code == 200


@pytest.mark.parametrize("case", REFRESH_TOKENS)
def test_bad_refresh_token_of_a_program_answered_as_any_other(api_client, alice, case):
    """The same for programs, which send it in the body."""
    api_client.sign_in(alice)
    good = api_client.tokens["refresh_token"]
    changes = {"of a program": lambda good: forge.altered(good, client_id="web")}
    bad = {**REFRESH_TOKENS, **changes}[case](good)
    if bad == "":
        return  # an empty field is a 400

    response = api_client.post("/auth/token/refresh", {"refresh_token": bad})

    expected = (400, "validation_failed") if len(bad) > 100_000 else (401, "session_ended")
    if case == "too long":
        expected = (413, "too_large")
    assert (response.status_code, response.json()["code"]) == expected
    assert api_client.refresh().status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/auth/token/verify", "/auth/verify", "/auth/introspect", "/auth/token/introspect",
     "/api/token", "/api/token/", "/api/token/verify", "/api/token/refresh", "/token/verify"],
)  # fmt: skip
def test_endpoint_that_judges_tokens_for_others_absent(browser_client, good, path):
    """simplejwt's TokenVerifyView is an oracle for anyone; there is none here."""
    assert browser_client.post(path, {"token": good}).status_code == 404
