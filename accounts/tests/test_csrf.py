"""Step 6: cross-site request forgery against every unsafe endpoint that a cookie authenticates."""

import itertools

import pytest

from ..errors import CsrfFailed
from ..models import Session
from ..web import csrf
from .clients import credentials
from .presenting import ACCESS, REFRESH
from .urls import Probe

CSRF = "__Host-csrftoken"


@pytest.fixture(autouse=True)
def _nothing_kept():
    Probe.kept.clear()


# Unsafe endpoints for browsers, which pass the defence even when nobody is signed in.
ANONYMOUS = ["/auth/login", "/auth/refresh", "/auth/logout"]
# Unsafe endpoints for whoever is signed in.
SIGNED_IN = [
    ("POST", "/probe"),
    ("PUT", "/probe/x"),
    ("PATCH", "/probe/x"),
    ("DELETE", "/probe/x"),
    ("DELETE", "/auth/sessions/x"),
    ("POST", "/auth/logout-others"),
    ("POST", "/auth/reauthenticate"),
]
UNSAFE = [*(("POST", path) for path in ANONYMOUS), *SIGNED_IN]

# What a browser sends for an attack, or an attack without a browser: one layer fails in each.
BROKEN: dict[str, dict[str, str | None]] = {
    "cross-site": {"Sec-Fetch-Site": "cross-site"},
    "sibling host": {"Sec-Fetch-Site": "same-site"},
    "typed address": {"Sec-Fetch-Site": "none"},
    "unheard-of site": {"Sec-Fetch-Site": "SAME-ORIGIN"},
    "no origin": {"Origin": None},
    "empty origin": {"Origin": ""},
    "opaque origin": {"Origin": "null"},
    "foreign origin": {"Origin": "http://evil.example"},
    "origin with our name as a prefix": {"Origin": "http://localhost.evil.example"},
    "origin with our name as a suffix": {"Origin": "http://evil-localhost"},
    "sibling origin": {"Origin": "http://evil.localhost"},
    "other scheme": {"Origin": "https://localhost"},
    "other port": {"Origin": "http://localhost:81"},
    "origin in capitals": {"Origin": "HTTP://LOCALHOST"},
    "origin with a slash": {"Origin": "http://localhost/"},
    "two origins": {"Origin": "http://localhost, http://localhost"},
    "good referer instead of an origin": {"Origin": None, "Referer": "http://localhost/notes"},
    "no token": {"X-CSRFToken": None},
    "empty token": {"X-CSRFToken": ""},
    "other token": {"X-CSRFToken": "a" * 32},
    "other long token": {"X-CSRFToken": "a" * 64},
    "malformed token": {"X-CSRFToken": "<script>"},
    "token under another name": {"X-CSRFToken": None, "X-CSRF-Token": "a" * 32},
}


def refused(response) -> bool:
    return (response.status_code, response.json()["code"]) == (403, "csrf_failed")


def sends(client, method: str, path: str, **headers: str | None):
    return client.generic(method, path, headers=headers)


@pytest.mark.parametrize(("method", "path"), UNSAFE)
def test_request_with_one_layer_broken_refused(browser_client, alice, method, path):
    """ASVS 3.5.1: each layer alone refuses; nothing changes and no cookie is touched."""
    browser_client.sign_in(alice)
    browser_client.get("/probe")  # confirms the generation, as any authentic cookie does
    before = list(Session.objects.values())

    for case, headers in BROKEN.items():
        response = sends(browser_client, method, path, **headers)
        assert refused(response), case
        assert not response.cookies, case

    assert list(Session.objects.values()) == before
    assert browser_client.get("/probe").status_code == 200


@pytest.mark.parametrize("path", ANONYMOUS)
def test_anonymous_request_with_one_layer_broken_refused(browser_client, alice, path):
    """ASVS 3.5.1: a forged sign-in is an attack too: the victim would work in another's account."""
    browser_client.get("/auth/session")
    body = credentials(alice)

    for case, headers in BROKEN.items():
        response = browser_client.post(path, body, headers=headers)
        assert refused(response), case
        assert not response.cookies, case

    assert not Session.objects.exists()


def test_every_combination_of_broken_layers_refused(browser_client, alice):
    """The layers do not make up for one another: only all three together pass."""
    browser_client.sign_in(alice)
    layers = [
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://evil.example"},
        {"X-CSRFToken": None},
    ]
    for broken in itertools.product([False, True], repeat=3):
        headers: dict = {}
        for layer in itertools.compress(layers, broken):
            headers |= layer
        response = browser_client.post("/probe", {"title": "x"}, headers=headers)
        assert response.status_code == (403 if any(broken) else 201)

    assert len(Probe.kept) == 1


def test_old_browser_without_fetch_metadata_served(browser_client, alice):
    """Where `Sec-Fetch-Site` is absent, Origin and token decide."""
    browser_client.sign_in(alice)

    response = browser_client.post("/probe", {"title": "x"}, headers={"Sec-Fetch-Site": None})

    assert response.status_code == 201


def test_token_that_matches_no_cookie_refused(browser_client, alice):
    """Double submission needs both halves; a missing, foreign or broken cookie is not half."""
    browser_client.sign_in(alice)
    access, token = browser_client.cookies[ACCESS].value, browser_client.cookies[CSRF].value
    for jar in ("", f"{CSRF}=", f"{CSRF}={'b' * 32}", f"{CSRF}=x", f"csrftoken={token}"):
        cookie = f"{ACCESS}={access}; {jar}"
        response = browser_client.post("/probe", {"title": "x"}, headers={"Cookie": cookie})
        assert refused(response)
        assert not response.cookies


AUTHORIZATIONS = [
    "Basic dXNlcjpwYXNz",
    "basic x",
    "Digest x",
    "Negotiate x",
    "x",
    "",
    " ",
]


@pytest.mark.parametrize("authorization", AUTHORIZATIONS)
def test_other_authorization_beside_the_cookie_skips_nothing(browser_client, alice, authorization):
    """A browser attaches Basic by itself: the credential that counts decides the defence."""
    browser_client.sign_in(alice)
    headers = {"Authorization": authorization, "X-CSRFToken": None}

    response = browser_client.post("/probe", {"title": "x"}, headers=headers)

    assert refused(response)
    assert browser_client.get("/probe", headers={"Authorization": authorization}).status_code == 200


@pytest.mark.parametrize(
    "scheme", ["Bearer", "bearer", "BEARER", "Bearer ", "bearer x", "Bearer x y"]
)
def test_bearer_beside_the_cookie_is_two_credentials(browser_client, alice, scheme):
    """RFC 6750 section 2: not more than one method; neither is looked at."""
    browser_client.sign_in(alice)
    headers = {"Authorization": scheme, "X-CSRFToken": None, "Origin": "http://evil.example"}

    response = browser_client.post("/probe", {"title": "x"}, headers=headers)

    assert (response.status_code, response.json()["code"]) == (400, "two_credentials")
    assert not Probe.kept


@pytest.mark.parametrize("path", ANONYMOUS)
@pytest.mark.parametrize("authorization", ["Basic dXNlcjpwYXNz", "Bearer x", "bearer"])
def test_authorization_on_browser_endpoints_skips_nothing(
    browser_client, alice, path, authorization
):
    """These endpoints ignore the header, and so does their defence."""
    browser_client.get("/auth/session")
    headers = {"Authorization": authorization, "Sec-Fetch-Site": "cross-site"}

    assert refused(browser_client.post(path, headers=headers))


def test_bearer_alone_needs_none_of_it(api_client, alice):
    """No browser attaches a Bearer token by itself, so there is nothing to forge."""
    api_client.sign_in(alice)
    for headers in ({}, {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}):
        assert api_client.post("/probe", {"title": "x"}, headers=headers).status_code == 201


def test_bad_cookie_is_401_before_the_defence(browser_client, alice):
    """The order of judgement: the credential (401) comes before CSRF (403)."""
    browser_client.sign_in(alice)
    browser_client.cookies[ACCESS] = "bad"

    response = browser_client.post("/probe", headers={"X-CSRFToken": None})

    assert response.status_code == 401


def test_token_changes_at_sign_in_and_at_sign_out(browser_client, alice):
    """What was captured before is of no use after."""
    browser_client.get("/auth/session")
    seen = [browser_client.cookies[CSRF].value]
    browser_client.sign_in(alice)
    seen.append(browser_client.cookies[CSRF].value)
    old = browser_client.post("/probe", {"title": "x"}, headers={"X-CSRFToken": seen[0]})
    browser_client.post("/auth/logout")
    seen.append(browser_client.cookies[CSRF].value)

    assert refused(old)
    assert len(set(seen)) == 3


def test_token_stays_over_a_refresh(browser_client, alice):
    """Another tab may hold the token when this one refreshes."""
    browser_client.sign_in(alice)
    token = browser_client.cookies[CSRF].value

    browser_client.post("/auth/refresh")

    assert browser_client.cookies[CSRF].value == token


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize(("unsafe", "path"), UNSAFE)
def test_safe_method_changes_nothing(browser_client, alice, method, unsafe, path):
    """ASVS 3.5.3: no sign-out link, no refresh by an image."""
    browser_client.sign_in(alice)
    before = list(Session.objects.values("id", "generation", "ended_at"))

    response = sends(browser_client, method, path, Origin="http://evil.example")

    assert response.status_code < 500
    assert not response.cookies
    assert list(Session.objects.values("id", "generation", "ended_at")) == before


@pytest.mark.parametrize(
    "headers",
    [
        {"X-HTTP-Method-Override": "DELETE"},
        {"X-HTTP-Method": "DELETE"},
        {"X-Method-Override": "DELETE"},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_method_override_ignored(browser_client, alice, headers):
    """A request is what its method says."""
    browser_client.sign_in(alice)
    browser_client.post("/probe", {"title": "x"})

    response = browser_client.get("/probe/x?_method=DELETE", headers=headers)
    posted = browser_client.post("/probe/x", {"_method": "DELETE"}, headers=headers)

    assert (response.status_code, posted.status_code) == (200, 405)
    assert Probe.kept


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"]
)
@pytest.mark.parametrize(("method", "path"), UNSAFE)
def test_form_with_the_token_in_its_body_refused(browser_client, alice, kind, method, path):
    """ASVS 3.5.2: what a foreign form can send is never read, with or without the header."""
    browser_client.sign_in(alice)
    token = browser_client.cookies[CSRF].value
    body = f"csrfmiddlewaretoken={token}"

    without = browser_client.generic(method, path, body, kind, headers={"X-CSRFToken": None})
    within = browser_client.generic(method, path, body, kind)

    assert refused(without)
    assert within.status_code in {403, 415}
    assert not (without.cookies or within.cookies)


def test_refusal_is_recorded_with_its_reason(browser_client, alice, happened):
    """ASVS 16.3.3: the refusal can be found later, and holds no token."""
    browser_client.sign_in(alice)

    browser_client.post("/probe", headers={"Sec-Fetch-Site": "cross-site"})

    (event,) = happened.of("csrf_failed")
    assert event["detail"] == {"reason": "Sec-Fetch-Site is cross-site"}


def test_sign_out_with_the_refresh_cookie_alone_works(browser_client, alice):
    """The defence does not depend on a live access token (ASVS 7.4.1)."""
    browser_client.sign_in(alice)
    del browser_client.cookies[ACCESS]

    assert browser_client.post("/auth/logout").status_code == 204
    assert Session.objects.get().end_reason == "signed_out"
    assert REFRESH not in browser_client.cookies


# A development server in front that passes requests on under its own name: Vite, `changeOrigin`.
PROXIED = {"Origin": "http://localhost:5173", "Host": "localhost:8000"}
CAUSES = [
    (
        PROXIED,
        "Origin is http://localhost:5173, this server is http://localhost:8000: set changeOrigin to false",
    ),
    ({"Origin": None}, "Origin is missing, this server is http://localhost"),
    ({"Origin": ""}, "Origin is empty, this server is http://localhost"),
    (
        {"Origin": "https://localhost"},
        "this server is http://localhost: the proxy's X-Forwarded-Proto is missing",
    ),
    ({"Origin": "x\nforged\u2028line\u202e"}, "Origin is x?forged?line?, this server is"),
    ({"Origin": "x" * 5000}, f"Origin is {'x' * 200}, this server is"),
    ({"Sec-Fetch-Site": "cross-site"}, "Sec-Fetch-Site is cross-site"),
    ({"Sec-Fetch-Site": "same-site"}, "Sec-Fetch-Site is same-site"),
    ({"X-CSRFToken": None}, "X-CSRFToken is missing"),
    ({"X-CSRFToken": "a" * 32}, "CSRF token from the 'X-Csrftoken' HTTP header incorrect"),
]
causes = pytest.mark.parametrize(("headers", "cause"), CAUSES, ids=[c[:40] for _, c in CAUSES])


@causes
def test_log_says_which_layer_failed(browser_client, caplog, settings, headers, cause):
    """Whoever set up a proxy finds the reason at WARNING, once, on one line."""
    settings.ALLOWED_HOSTS = ["localhost"]
    browser_client.get("/auth/session")

    browser_client.post("/auth/login", {}, headers=headers)

    (line,) = [r for r in caplog.records if r.getMessage().startswith("refused csrf_failed")]
    assert line.levelname == "WARNING"
    assert cause in line.getMessage()
    assert len(line.getMessage().splitlines()) == 1


@causes
@pytest.mark.parametrize(("explained", "debug"), [(True, False), (False, True), (False, False)])
def test_answer_names_the_layer_where_nobody_else_looks(
    browser_client, settings, headers, cause, explained, debug
):
    """It does with EXPLAIN_CSRF or DEBUG. Otherwise it says what helps a person, and no more."""
    settings.ALLOWED_HOSTS = ["localhost"]
    settings.GATEHOUSE = {**settings.GATEHOUSE, "EXPLAIN_CSRF": explained}
    settings.DEBUG = debug
    browser_client.get("/auth/session")

    answer = browser_client.post("/auth/login", {}, headers=headers)

    assert refused(answer)
    detail = answer.json()["detail"]
    assert detail.startswith(CsrfFailed.detail_text)
    assert (cause in detail) is (explained or debug)
    assert explained or debug or detail == CsrfFailed.detail_text


@pytest.mark.parametrize("explained", [True, False])
def test_cookies_that_nobody_can_read_are_what_the_answer_names(
    browser_client, settings, explained
):
    """granian hands over such a header empty, and reloading the page would change nothing."""
    settings.GATEHOUSE = {**settings.GATEHOUSE, "EXPLAIN_CSRF": explained}

    answer = browser_client.post("/auth/login", {}, headers={"Cookie": ""})

    assert refused(answer)
    assert answer.json()["detail"] == csrf.UNREADABLE


def test_readable_cookies_are_not_blamed(browser_client):
    """Where they can be read, the advice to delete them would be wrong."""
    answer = browser_client.post("/auth/login", {}, headers={"Cookie": "theme=dark"})

    assert refused(answer)
    assert csrf.UNREADABLE not in answer.json()["detail"]
