"""POST /auth/token, /auth/token/refresh, /auth/token/revoke: programs on devices."""

import pytest

from accounts.models import Session
from tests.clients import BearerClient, BrowserClient
from tests.core.forge import contents
from tests.core.presenting import REFRESH
from tests.leaks import holds_jwt

ENDPOINTS = ["/auth/token", "/auth/token/refresh", "/auth/token/revoke"]


def test_sign_in_answers_a_pair(api_client, alice):
    """RFC 6749 section 5.1, with the refresh token's life; no cookie is set."""
    response = api_client.sign_in(alice)

    body = response.json()
    assert set(body) == {
        "access_token", "refresh_token", "token_type", "expires_in", "refresh_expires_in", "scope",
    }  # fmt: skip
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 300)
    assert (body["refresh_expires_in"], body["scope"]) == (7 * 86400, "notes:read notes:write")
    assert contents(body["access_token"])[1]["client_id"] == "cli"
    assert not response.cookies
    assert response["Cache-Control"] == "no-store"


def test_refresh_rotates_and_old_access_token_lives_on(api_client, alice):
    """The session is the same; what was issued before is good until it expires."""
    api_client.sign_in(alice)
    first = api_client.tokens

    assert api_client.refresh().status_code == 200
    assert api_client.tokens["access_token"] != first["access_token"]
    for pair in (first, api_client.tokens):
        api_client.tokens = pair
        assert api_client.get("/api/me").status_code == 200
    assert Session.objects.count() == 1


def test_revoke_ends_the_session_and_tells_nothing(api_client, alice):
    """RFC 7009 section 2.2: 200 for every token; ours is of no use afterwards."""
    api_client.sign_in(alice)
    body = {"refresh_token": api_client.tokens["refresh_token"]}

    answers = [api_client.post("/auth/token/revoke", body) for _ in range(2)]
    answers += [api_client.post("/auth/token/revoke", {"refresh_token": "x"})]

    assert {(answer.status_code, answer.content) for answer in answers} == {(200, b"{}")}
    assert api_client.get("/api/me").status_code == 401
    assert api_client.refresh().json()["code"] == "session_ended"


def test_revoke_takes_a_browsers_token_for_unknown(api_client, browser_client, alice):
    """A session is `web` or `cli` for life."""
    browser_client.sign_in(alice)
    body = {"refresh_token": browser_client.cookies[REFRESH].value}

    assert api_client.post("/auth/token/revoke", body).status_code == 200
    assert browser_client.get("/api/me").status_code == 200


def test_programs_token_unknown_to_the_browsers_refresh(api_client, browser_client, alice):
    """The other way round: refused, and the program's session is left alone."""
    api_client.sign_in(alice)
    browser_client.get("/auth/session")
    browser_client.cookies[REFRESH] = api_client.tokens["refresh_token"]

    assert browser_client.post("/auth/refresh").json()["code"] == "session_ended"
    assert api_client.refresh().status_code == 200


@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize("site", ["same-origin", "same-site", "cross-site", "none", ""])
def test_request_of_a_page_refused(api_client, alice, path, site):
    """A script must not get what a cookie would have kept from it: no page can hide that it is one."""
    body = {"email": alice.email, "password": "alice walks the long way home"}

    response = api_client.post(path, body, headers={"Sec-Fetch-Site": site})

    assert (response.status_code, response.json()["code"]) == (403, "browser_must_use_cookies")
    assert not Session.objects.exists()


@pytest.mark.parametrize("path", ENDPOINTS)
def test_endpoints_absent_where_programs_are_not_wanted(api_client, alice, settings, path):
    """GATEHOUSE_API_CLIENTS=0: what is not there cannot be attacked."""
    settings.GATEHOUSE = {**settings.GATEHOUSE, "API_CLIENTS": False}

    response = api_client.post(path, {"email": alice.email, "password": "x"})

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("token", [None, "", 1, [], {}, True])
@pytest.mark.parametrize("path", ENDPOINTS[1:])
def test_refresh_token_missing_or_of_another_type_refused(api_client, path, token):
    """400 with the field's name."""
    body = {} if token is None else {"refresh_token": token}
    response = api_client.post(path, body)

    if token is not True and token == 1:  # a number is read as text, and is no token
        assert response.status_code in {200, 401}
        return
    assert (response.status_code, response.json()["code"]) == (400, "validation_failed")
    assert list(response.json()["errors"]) == ["refresh_token"]


def test_tokens_work_without_cookies_only_as_bearer(api_client, alice):
    """OAuth 2.1: no token in a query, a form or a header of another name."""
    api_client.sign_in(alice)
    token = api_client.tokens["access_token"]
    bare = BearerClient()

    assert bare.get(f"/api/me?access_token={token}").status_code == 401
    for name in ("X-Access-Token", "Access-Token", "X-Authorization", "Proxy-Authorization"):
        assert bare.get("/api/me", headers={name: f"Bearer {token}"}).status_code == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_scheme_in_any_case_accepted(api_client, alice, scheme):
    """RFC 9110 section 11.1."""
    api_client.sign_in(alice)
    header = f"{scheme} {api_client.tokens['access_token']}"

    assert api_client.get("/api/me", headers={"Authorization": header}).status_code == 200


@pytest.mark.parametrize("form", ["Bearer", "Bearer ", "Bearer {0} x", "Bearer {0},{0}", "Bearer {0}, Bearer {0}", "Bearer\t{0}", "Bearer={0}", "Bearer: {0}", "JWT {0}", "Token {0}", "{0}"])  # fmt: skip
def test_malformed_authorization_refused(api_client, alice, form):
    """Whatever it is, it is 401 with a challenge."""
    api_client.sign_in(alice)
    header = form.format(api_client.tokens["access_token"])

    response = api_client.get("/api/me", headers={"Authorization": header})

    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer ")


def test_stolen_cookie_opens_no_door_of_programs(browser_client, alice, mallory):
    """No endpoint turns a cookie into a token that can be read."""
    browser_client.sign_in(alice)
    mallory.steal_cookies(browser_client)

    answers = [mallory.post(path, {}) for path in ENDPOINTS]

    assert [answer.status_code for answer in answers] == [400, 400, 400]
    assert not any(holds_jwt(answer.content) for answer in answers)


def test_both_kinds_of_client_keep_apart(browser_client, api_client, alice):
    """Signing out in the browser leaves the program signed in."""
    browser_client.sign_in(alice)
    api_client.sign_in(alice)

    browser_client.post("/auth/logout")

    assert api_client.get("/api/me").status_code == 200
    assert BrowserClient().get("/api/me").status_code == 401
