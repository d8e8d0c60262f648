"""Programs beside browsers: neither reads, sets or ends what is the other's."""

import pytest

from accounts.audit.models import SecurityEvent
from accounts.tests import forge
from accounts.tests.presenting import ACCESS, REFRESH

CSRF = "__Host-csrftoken"


@pytest.fixture
def good(browser_client, alice) -> str:
    browser_client.sign_in(alice)
    return browser_client.cookies[ACCESS].value


@pytest.mark.parametrize("jar", [f"{CSRF}=x", f"{CSRF}={'é'}", f"{ACCESS}=x; {REFRESH}=y", ""])
def test_programs_get_no_cookie(api_client, alice, jar):
    """`/auth/token*` never sets a cookie, not even to mend a broken one."""
    headers = {"Cookie": jar, "Authorization": None}
    body = {"email": alice.email, "password": "alice walks the long way home"}

    first = api_client.post("/auth/token", body, headers=headers)
    refresh = {"refresh_token": first.json()["refresh_token"]}
    second = api_client.post("/auth/token/refresh", refresh, headers=headers)
    third = api_client.post("/auth/token/revoke", refresh, headers=headers)

    assert [answer.status_code for answer in (first, second, third)] == [200, 200, 200]
    assert not (first.cookies or second.cookies or third.cookies)


def test_programs_cookies_are_not_read(browser_client, api_client, alice):
    """Step 4: no endpoint turns a cookie into a token that a script could read."""
    browser_client.sign_in(alice)
    cookie = f"{REFRESH}={browser_client.cookies[REFRESH].value}"

    for body in ({}, {"refresh_token": ""}):
        response = api_client.post("/auth/token/refresh", body, headers={"Cookie": cookie})
        assert response.status_code == 400
    copied = {"refresh_token": browser_client.cookies[REFRESH].value}
    response = api_client.post("/auth/token/refresh", copied)
    assert (response.status_code, response.json()["code"]) == (401, "session_ended")


@pytest.mark.parametrize("case", forge.BAD_REFRESH_TOKENS)
def test_bad_refresh_token_of_a_program_answered_as_any_other(api_client, alice, case):
    """The same for programs, which send it in the body."""
    api_client.sign_in(alice)
    good = api_client.tokens["refresh_token"]
    changes = {"of a program": lambda good: forge.altered(good, client_id="web")}
    bad = {**forge.BAD_REFRESH_TOKENS, **changes}[case](good)
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
    """simplejwt's TokenVerifyView is an oracle for anyone. There is none here."""
    assert browser_client.post(path, {"token": good}).status_code == 404


def test_program_that_signs_in_a_hundred_times_leaves_the_browser_signed_in(
    browser_client, api_client, alice
):
    """As a job does that asks for new tokens each time instead of refreshing."""
    browser_client.sign_in(alice)
    for _ in range(101):
        assert api_client.sign_in(alice).status_code == 200

    assert browser_client.get("/api/me").status_code == 200
    assert browser_client.post("/auth/refresh").status_code == 200
    event = SecurityEvent.objects.get(kind="session_ended")
    assert (event.address, event.user) == ("127.0.0.1", alice)
    assert browser_client.get("/api/me").status_code == 200
