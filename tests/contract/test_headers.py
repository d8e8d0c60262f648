"""What every answer carries, whatever it is an answer to (ASVS 3.4)."""

from urllib.parse import unquote_to_bytes

import pytest
from django.urls import get_resolver

from tests.clients import BearerClient, BrowserClient, JSONClient

POLICY = {
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:",
    "connect-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
    "require-trusted-types-for 'script'", "trusted-types 'none'",
}  # fmt: skip
EXPECTED = {
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}


def answers(alice) -> dict[str, object]:
    """One answer of every kind: each status, page, API, file and error."""
    browser, program = BrowserClient(), BearerClient()
    anonymous = JSONClient(raise_request_exception=False)
    found = {
        "page": browser.get("/"),
        "sign in": browser.sign_in(alice),
        "page of a session": browser.get("/notes"),
        "api": browser.get("/api/me"),
        "created": browser.post("/api/notes", {"title": "x"}),
        "no content": browser.options("/api/notes"),
        "bad request": browser.post("/api/notes", b"["),
        "forbidden": browser.post("/api/notes", headers={"Origin": "null"}),
        "missing scope": browser.get("/api/audit"),
        "not found": browser.get("/api/notes/x"),
        "wrong method": browser.put("/auth/login"),
        "wrong method of a page": browser.post("/login"),
        "too large": browser.post("/auth/reauthenticate", b"x" * 20_000),
        "wrong type": browser.generic("POST", "/api/notes", "x", "text/plain"),
        "signed out": browser.post("/auth/logout"),
        "program signs in": program.sign_in(alice),
        "unauthorized": anonymous.get("/api/me"),
        "wrong host": anonymous.get("/api/me", headers={"Host": "evil.example"}),
        "wrong host of a page": anonymous.get("/", headers={"Host": "evil.example"}),
        "missing page": anonymous.get("/nothing"),
        "missing endpoint": anonymous.get("/api/nothing"),
        "keys": anonymous.get("/.well-known/jwks.json"),
        "health": anonymous.get("/healthz"),
        "schema": anonymous.get("/api/schema"),
        "missing file": anonymous.get("/static/nothing.css"),
        "error": anonymous.get("/api/broken"),
        "error of a page": anonymous.get("/broken"),
        "unreachable": anonymous.get("/api/unreachable"),
        "file": anonymous.get("/static/css/base.css"),
    }
    for _ in range(11):
        found["throttled"] = program.post(
            "/auth/token", {"email": "x", "password": "x"}, headers={"Authorization": None}
        )
    found["file"].close()
    statuses = {answer.status_code for answer in found.values()}
    assert statuses >= {200, 201, 204, 400, 401, 403, 404, 405, 413, 415, 429, 500, 503}
    return found


@pytest.mark.urls("tests.contract.broken_urls")
def test_every_answer_carries_the_headers(alice):
    """ASVS 3.4.3 to 3.4.8: no status and no kind of answer goes without."""
    for case, answer in answers(alice).items():
        policy = {part.strip() for part in answer["Content-Security-Policy"].split(";")}
        assert policy == POLICY, case
        for name, value in EXPECTED.items():
            assert answer[name] == value, (case, name)
        assert "camera=()" in answer["Permissions-Policy"], case
        assert "Server" not in answer, case
        assert "X-Powered-By" not in answer, case
        assert not any(name.lower().startswith("access-control") for name in answer.headers), case


@pytest.mark.urls("tests.contract.broken_urls")
def test_only_public_files_and_keys_are_stored(alice):
    """ASVS 14.3.2: whatever may depend on who asks is `no-store`."""
    for case, answer in answers(alice).items():
        cached = {"keys": "public, max-age=5"}.get(case, "no-store")
        if case != "file":
            assert answer["Cache-Control"] == cached, case


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost", "http://evil.localhost"]
)
def test_no_origin_is_invited(browser_client, alice, origin):
    """ASVS 3.4.2: no CORS at all: nobody's script on another origin reads an answer."""
    browser_client.sign_in(alice)
    asked = {"Origin": origin, "Access-Control-Request-Method": "DELETE"}
    for method, path in (("GET", "/api/me"), ("OPTIONS", "/api/notes"), ("POST", "/auth/login")):
        answer = browser_client.generic(method, path, headers=asked)
        assert not any(name.lower().startswith("access-control") for name in answer.headers)


@pytest.fixture
def production(settings) -> None:
    """What production sets, as far as it shows on the wire."""
    assert get_resolver().url_patterns  # read before, as the demo has them
    settings.DEMO = False
    settings.SECURE_HSTS_SECONDS = 365 * 86400
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True


@pytest.mark.urls("tests.contract.broken_urls")
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/login",
        "/api/me",
        "/auth/session",
        "/nothing",
        "/api/nothing",
        "/api/broken",
        "/static/css/base.css",
    ],
)
def test_https_is_strict_on_every_answer(db, production, path):
    """ASVS 3.4.1: HSTS for a year with subdomains, on errors and files too."""
    answer = JSONClient(raise_request_exception=False).get(path, secure=True)
    answer.close()

    assert answer["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_page_over_http_moves_to_https(db, production):
    """The redirect carries every header too, and no cookie."""
    answer = JSONClient().get("/login?next=/notes")

    assert (answer.status_code, answer["Location"]) == (301, "https://localhost/login?next=/notes")
    assert set(EXPECTED) <= set(answer.headers)
    assert "Content-Security-Policy" in answer
    assert not answer.cookies


# Path and query as bytes on the wire; None: the same again.
MOVED = {
    "/login?": "/login",
    "/login?next=%2Fnotes%3Fpage%3D2&x=a+b%20c%26d": None,
    "/login?a=1&a=2&&=&b": None,
    "/login?next=https://evil.example/": None,
    "/caf%C3%A9/a%20b%3Fc%23d;e=f?q=%C3%BC&bad=%FF&half=%C3": None,
    "/%FF/%E9?%": None,
    "/100%25": None,
    "/%0D%0ASet-Cookie:%20a=b?%0D%0ASet-Cookie:%20a=b": None,
    "//evil.example/notes": None,
    "/%5Cevil.example": None,
    f"/login?next={'x' * 4000}": None,
}


@pytest.mark.parametrize(("sent", "moved"), MOVED.items(), ids=[sent[:40] for sent in MOVED])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_redirect_to_https_keeps_path_and_query(db, production, method, sent, moved):
    """Also what is encoded in them: a link from a mail, or a search, must arrive whole."""
    path, _, query = sent.partition("?")
    raw = {"PATH_INFO": unquote_to_bytes(path).decode("latin-1"), "QUERY_STRING": query}

    answer = JSONClient().generic(method, "/", **raw)

    assert (answer.status_code, answer["Location"]) == (301, f"https://localhost{moved or sent}")


def test_redirect_to_https_encodes_raw_bytes_of_the_query(db, production):
    """Browsers and servers pass them on; in a header they must not stand (RFC 9110 section 5.5)."""
    answer = JSONClient().get("/login", QUERY_STRING="q=\xc3\xbc")

    assert answer["Location"] == "https://localhost/login?q=%C3%BC"


@pytest.mark.parametrize(
    ("host", "issuer", "target"),
    [
        ("app.example", "https://app.example", "https://app.example/login"),
        ("APP.example.:80", "https://app.example", "https://app.example/login"),
        ("app.example:8000", "https://app.example:8443", "https://app.example:8443/login"),
        ("other.example:8000", "https://app.example:8443", "https://other.example/login"),
        ("[::1]:80", "https://[::1]:8443", "https://[::1]:8443/login"),
        ("evil.example", "https://app.example", None),
        ("app.example@evil.example", "https://app.example", None),
        ("app.example:80@evil.example", "https://app.example", None),
    ],
)
def test_redirect_to_https_stays_at_our_own_hosts(db, production, settings, host, issuer, target):
    """Never a name or a port that the request alone knows (CWE-601)."""
    settings.ALLOWED_HOSTS = ["app.example", "other.example", "[::1]"]
    settings.GATEHOUSE = settings.GATEHOUSE | {"ISSUER": issuer}

    answer = JSONClient().get("/login", headers={"Host": host, "X-Forwarded-Host": "evil.example"})

    assert answer.get("Location") == target
    assert answer.status_code == (301 if target else 400)


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/auth/login"), ("GET", "/api/me"), ("POST", "/auth/token"), ("POST", "/login"),
     ("GET", "/auth/session"), ("DELETE", "/api/notes/x")],
)  # fmt: skip
def test_api_over_http_refused_not_moved(db, production, method, path):
    """ASVS 4.1.2: the credential has travelled in the clear already; a redirect would hide that."""
    answer = JSONClient().generic(method, path)

    assert answer.status_code == 400
    assert "Location" not in answer


@pytest.mark.parametrize(("proxy", "status"), [("127.0.0.1", 401), ("10.0.0.0/8", 400)])
def test_scheme_counts_from_a_trusted_proxy_alone(db, production, settings, proxy, status):
    """ASVS 4.1.3: a stranger's X-Forwarded-Proto is dropped before anybody reads it."""
    settings.GATEHOUSE = settings.GATEHOUSE | {"TRUSTED_PROXIES": [proxy]}
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

    answer = JSONClient().get("/api/me", headers={"X-Forwarded-Proto": "https"})

    assert answer.status_code == status


def test_host_claimed_by_a_stranger_ignored(db):
    """X-Forwarded-Host is never looked at."""
    answer = JSONClient().get("/auth/session", headers={"X-Forwarded-Host": "evil.example"})

    assert answer.status_code == 200


def test_request_ids_are_our_own(db):
    """A caller's id would let it forge whose log lines belong together."""
    client = JSONClient()
    ids = {client.get("/healthz", headers={"X-Request-Id": "mine"})["X-Request-Id"] for _ in "ab"}

    assert len(ids) == 2
    assert "mine" not in ids


def test_demo_answers_this_machine_only(db):
    """Demo people have public passwords."""
    assert JSONClient(REMOTE_ADDR="203.0.113.7").get("/auth/session").status_code == 403
    assert JSONClient(REMOTE_ADDR="::1").get("/auth/session").status_code == 200


@pytest.mark.parametrize(
    ("caller", "status"), [("203.0.113.7", 403), ("nobody", 403), ("127.0.0.1", 200)]
)
def test_demo_behind_a_proxy_answers_this_machine_only(db, settings, caller, status):
    """Who calls through a trusted proxy is elsewhere, though the proxy is here."""
    settings.GATEHOUSE = settings.GATEHOUSE | {"TRUSTED_PROXIES": ["127.0.0.1"]}

    answer = JSONClient().get("/auth/session", headers={"X-Forwarded-For": caller})

    assert answer.status_code == status
