"""Steps 4 and 5: what each Set-Cookie says, attribute by attribute (RFC 6265bis, ASVS 3.3)."""

from datetime import datetime

import pytest

from tests.core.forge import contents
from tests.core.presenting import ACCESS, REFRESH
from tests.leaks import holds_jwt

CSRF = "__Host-csrftoken"
TOKENS = [ACCESS, REFRESH]
SAVED = {"HttpOnly", "Path=/", "SameSite=Strict", "Secure"}


def attributes(response, name: str) -> dict[str, str]:
    """The attributes of one Set-Cookie line, as they travel."""
    parts = [part.strip() for part in response.cookies[name].OutputString().split(";")[1:]]
    return dict(part.partition("=")[::2] for part in parts)


@pytest.fixture(params=["login", "refresh"])
def delivery(request, browser_client, alice):
    """Each answer that brings tokens."""
    response = browser_client.sign_in(alice, remember=True)
    return response if request.param == "login" else browser_client.post("/auth/refresh")


def test_delivery_sets_exactly_the_token_cookies_by_name(browser_client, alice):
    """ASVS 3.3.1: both names carry `__Host-Http-`; sign-in also brings a new CSRF cookie."""
    assert set(browser_client.sign_in(alice).cookies) == {ACCESS, REFRESH, CSRF}
    assert set(browser_client.post("/auth/refresh").cookies) == {ACCESS, REFRESH}


@pytest.mark.parametrize("name", TOKENS)
@pytest.mark.parametrize("attribute", sorted(SAVED))
def test_token_cookie_carries_the_attribute(delivery, name, attribute):
    """ASVS 3.3.1 to 3.3.4, draft-ietf-oauth-browser-based-apps: each attribute is written out."""
    key, _, value = attribute.partition("=")

    assert attributes(delivery, name)[key] == value


@pytest.mark.parametrize("name", TOKENS)
def test_token_cookie_has_no_domain_and_nothing_else(delivery, name):
    """RFC 6265bis: `__Host-` forbids Domain; Max-Age alone decides how long it lives."""
    names = {key.lower() for key in attributes(delivery, name)}

    assert names - {"expires"} == {"secure", "httponly", "samesite", "path", "max-age"}


@pytest.mark.parametrize("name", TOKENS)
def test_token_cookie_lives_as_long_as_its_token(delivery, name):
    """ASVS 3.3.5: Max-Age is the rest of the token's life, and at most 400 days."""
    claims = contents(delivery.cookies[name].value)[1]

    max_age = int(attributes(delivery, name)["Max-Age"])

    assert max_age == claims["exp"] - claims["iat"]
    # A repeated answer has what is left: a second may have passed since the session began.
    assert {ACCESS: 300, REFRESH: 7 * 86400}[name] - max_age in range(3)


def test_session_that_is_not_to_be_kept_lives_half_a_day(browser_client, alice):
    """Without "keep me signed in" the refresh cookie ends after 12 hours."""
    response = browser_client.sign_in(alice, remember=False)

    assert int(attributes(response, REFRESH)["Max-Age"]) == 12 * 3600
    session = response.json()["session"]
    lifetime = datetime.fromisoformat(session["expires_at"]) - datetime.fromisoformat(
        session["created_at"]
    )
    assert lifetime.total_seconds() == 24 * 3600


def test_refresh_cookie_never_outlives_the_session(browser_client, alice, settings):
    """ASVS 7.3.2: near the absolute end the cookie's life is cut to it."""
    settings.GATEHOUSE = {**settings.GATEHOUSE, "IDLE_SECONDS": 900, "ABSOLUTE_SECONDS": 900}

    response = browser_client.sign_in(alice, remember=True)

    assert int(attributes(response, REFRESH)["Max-Age"]) == 900


@pytest.mark.parametrize("name", TOKENS)
@pytest.mark.parametrize("attribute", sorted(SAVED | {"Max-Age=0"}))
def test_deletion_carries_the_attribute(browser_client, alice, name, attribute):
    """A deletion without HttpOnly or Secure is refused by the prefix's own rules."""
    browser_client.sign_in(alice)

    response = browser_client.post("/auth/logout")

    key, _, value = attribute.partition("=")
    assert attributes(response, name)[key] == value
    assert response.cookies[name].value == ""
    assert "Domain" not in attributes(response, name)


def test_sign_out_without_any_cookie_deletes_both(browser_client):
    """Idempotent: the jar may hold what the server does not see."""
    browser_client.get("/auth/session")

    response = browser_client.post("/auth/logout")

    assert response.status_code == 204
    assert {ACCESS, REFRESH} <= set(response.cookies)


@pytest.mark.parametrize("attribute", ["Secure", "SameSite=Strict", "Path=/", "Max-Age=31449600"])
def test_csrf_cookie_carries_the_attribute(browser_client, attribute):
    """Readable for our script, and otherwise as strict as the others."""
    response = browser_client.get("/auth/session")

    key, _, value = attribute.partition("=")
    assert attributes(response, CSRF)[key] == value
    assert {"HttpOnly", "Domain"}.isdisjoint(attributes(response, CSRF))


def test_csrf_cookie_set_only_where_it_is_missing(browser_client):
    """Setting it again would break the form in another tab."""
    assert CSRF in browser_client.get("/auth/session").cookies
    assert not browser_client.get("/auth/session").cookies
    assert not browser_client.get("/login").cookies


@pytest.mark.parametrize("path", ["/auth/session", "/", "/login", "/notes", "/account"])
def test_csrf_cookie_not_set_on_arrival_from_another_site(browser_client, path):
    """SameSite=Strict withheld the good one there: a new one would replace it."""
    response = browser_client.get(path, headers={"Sec-Fetch-Site": "cross-site"})

    assert response.status_code == 200
    assert not response.cookies


def test_refused_refresh_deletes_nothing(browser_client, alice):
    """A tab that lost a race must not wipe the winner's cookies."""
    browser_client.sign_in(alice)
    browser_client.cookies[REFRESH] = "broken"

    response = browser_client.post("/auth/refresh")

    assert response.status_code == 401
    assert not response.cookies


def test_refusals_set_no_cookie(browser_client, alice):
    """ASVS 7.2: only sign-in, refresh and sign-out touch token cookies."""
    browser_client.sign_in(alice)
    browser_client.cookies[ACCESS] = "broken"
    for method, path, status in (
        ("GET", "/api/me", 401),
        ("POST", "/api/notes", 401),
        ("POST", "/auth/reauthenticate", 401),
        ("GET", "/auth/session", 200),
        ("GET", "/api/nothing", 404),
        ("PUT", "/auth/login", 405),
    ):
        response = browser_client.generic(method, path)
        assert response.status_code == status
        assert not response.cookies, path


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


def test_tokens_of_browsers_stand_in_cookies_alone(browser_client, alice):
    """ASVS 3.3.4, 14.2.1: no body and no other header carries a token."""
    answers = [browser_client.sign_in(alice), browser_client.post("/auth/refresh")]
    answers += [browser_client.get(path) for path in ("/auth/session", "/api/me", "/auth/sessions")]
    answers += [browser_client.get(path) for path in ("/", "/notes", "/account")]

    for answer in answers:
        assert not holds_jwt(answer.content)
        assert not any(map(holds_jwt, answer.headers.values()))
