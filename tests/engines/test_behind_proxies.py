"""The shipped deployment: production mode behind each proxy, with TLS and HTTP/2, in a browser."""

import contextlib
import json
import os
import shutil
import signal
import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import jwt
import pytest
from playwright.sync_api import BrowserContext, expect

from accounts.errors import TooLarge
from accounts.tokens import keys
from accounts.web.problems import from_problem
from api.notes import OwnNotes
from tests.e2e import steps
from tests.engines.beside import wait_until, working
from tests.engines.people import PASSWORDS, Visitor, fetch_tokens
from tests.engines.production import KEYS_FILE, Production
from tests.engines.proxies import Caddy, Nginx, Proxy
from tests.servers import free_port

ALICE = steps.Person("alice@example.com", "Alice", PASSWORDS["alice@example.com"])
# WSGI makes one variable of `-` and `_`: each mixture of them is the same header to it.
FORGED = {
    **{f"X{a}Forwarded{b}For": "203.0.113.9" for a in "-_" for b in "-_"},
    **{f"X{a}Forwarded{b}Proto": "http" for a in "-_" for b in "-_"},
    **{f"X{a}Forwarded{b}Host": "evil.example" for a in "-_" for b in "-_"},
    "Forwarded": "for=203.0.113.9;proto=http",
}
JSON = {"Content-Type": "application/json"}
HEADERS = (
    "Content-Security-Policy",
    "Referrer-Policy",
    "X-Content-Type-Options",
    "Cross-Origin-Opener-Policy",
    "Permissions-Policy",
)


@dataclass
class Deployed:
    app: Production
    proxy: Proxy

    def send(self, method: str, path: str, **options: object) -> httpx.Response:
        return httpx.request(method, f"{self.proxy.url}{path}", verify=False, **options)  # noqa: S501


@pytest.fixture(scope="module", params=[Nginx, Caddy])
def deployed(
    request: pytest.FixtureRequest,
    prepared_data_dir: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp("deployed")
    shutil.copytree(prepared_data_dir, folder / "data")
    front = free_port()
    with (
        Production(folder / "data", f"https://localhost:{front}") as app,
        request.param(folder / "proxy", app.port, port=front) as proxy,
    ):
        yield Deployed(app, proxy)


# RFC 9325 section 4.2: ephemeral keys, and encryption that authenticates with a full tag.
MODERN = {
    f"ECDHE-{kind}-{cipher}"
    for kind in ("ECDSA", "RSA")
    for cipher in ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")
}


def agreed(proxy: Proxy, version: ssl.TLSVersion, ciphers: str) -> str:
    """The cipher suite that a client with these alone gets; empty if it is refused."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    client.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that is what is tried here
        client.minimum_version = client.maximum_version = version
    try:
        with (
            socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as plain,
            client.wrap_socket(plain, server_hostname="localhost") as secured,
        ):
            return str((secured.cipher() or ("",))[0])
    except OSError:  # ssl.SSLError is one
        return ""


def test_only_modern_encryption_is_offered(deployed: Deployed) -> None:
    """Every TLS 1.2 suite that OpenSSL knows is tried; older versions are refused whole."""
    everything = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    everything.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    suites = {c["name"] for c in everything.get_ciphers() if c["protocol"] != "TLSv1.3"}
    assert {"ECDHE-RSA-AES128-SHA256", "ECDHE-ECDSA-AES128-CCM8", *MODERN} <= suites

    taken = {name for name in suites if agreed(deployed.proxy, ssl.TLSVersion.TLSv1_2, name)}

    assert taken
    assert taken <= MODERN
    assert agreed(deployed.proxy, ssl.TLSVersion.TLSv1_3, "ALL").startswith("TLS_")
    assert not agreed(deployed.proxy, ssl.TLSVersion.TLSv1_1, "ALL")


def test_main_journey_through_the_proxy(
    deployed: Deployed, new_context: Callable[..., BrowserContext]
) -> None:
    """Sign in, write, reload, sign out, over HTTP/2, with cookies that only this host gets."""
    context = new_context(base_url=deployed.proxy.url)
    page = context.new_page()
    steps.sign_in(page, ALICE)
    protocol = "performance.getEntriesByType('navigation')[0].nextHopProtocol"
    assert page.evaluate(protocol) == "h2"
    fetched = "performance.getEntriesByType('resource').map((entry) => entry.nextHopProtocol)"
    assert set(page.evaluate(fetched)) == {"h2"}
    cookies = {cookie["name"]: cookie for cookie in context.cookies()}
    assert set(cookies) == {steps.ACCESS, steps.REFRESH, steps.CSRF}
    for name, cookie in cookies.items():
        assert cookie["secure"]
        assert cookie["sameSite"] == "Strict"
        assert cookie["httpOnly"] == (name != steps.CSRF)
        assert cookie["domain"] == "localhost"

    steps.write_note(page, "Behind a proxy", "with TLS")
    steps.save_note(page)
    page.reload()
    steps.expect_signed_in(page, ALICE)
    expect(steps.note(page, "Behind a proxy")).to_be_visible()
    steps.lose_access(context)
    page.reload()
    steps.expect_signed_in(page, ALICE)
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login*")

    assert steps.cookie(context, steps.ACCESS) is None
    assert steps.cookie(context, steps.REFRESH) is None


@pytest.mark.parametrize("padding", range(4))
def test_forged_forwarding_headers_are_replaced(
    deployed: Deployed, visitor_of: Callable[[str], Visitor], padding: int
) -> None:
    """The application sees https and the caller's own address, whatever the caller claims.

    How many other headers come along decides which of two that look alike is the last, and counts.
    """
    visitor = visitor_of(deployed.proxy.url)
    visitor.client.headers.update(FORGED)
    visitor.client.headers.update({f"Z-Padding-{number}": "1" for number in range(padding)})

    assert visitor.sign_in("bob@example.com").status_code == 200

    assert visitor.client.get("/login").status_code == 200
    sessions = visitor.send("GET", "/auth/sessions").json()["results"]
    assert {session["address"] for session in sessions} == {"127.0.0.1"}
    line = visitor.send("POST", "/auth/refresh").headers["set-cookie"]
    assert "Secure" in line


def test_header_that_only_looks_like_one_does_not_arrive(
    deployed: Deployed, visitor_of: Callable[[str], Visitor]
) -> None:
    """WSGI would take X_CSRFToken for X-CSRFToken, and X_Forwarded_For likewise."""
    visitor = visitor_of(deployed.proxy.url)
    visitor.send("GET", "/auth/session")
    token = visitor.cookies["__Host-csrftoken"]
    headers = {"Origin": visitor.url, "Cookie": f"__Host-csrftoken={token}"}

    real = visitor.client.post("/auth/login", json={}, headers={**headers, "X-CSRFToken": token})
    alike = visitor.client.post("/auth/login", json={}, headers={**headers, "X_CSRFToken": token})

    assert real.json()["code"] == "validation_failed"
    assert alike.json()["code"] == "csrf_failed"


@pytest.mark.parametrize(
    ("path", "status"),
    [("/", 200), ("/api/me", 401), ("/static/css/base.css", 200), ("/nothing", 404)],
)
def test_answers_carry_the_headers_and_no_version(
    deployed: Deployed, path: str, status: int
) -> None:
    """HSTS and the policy arrive; nobody learns which server, or which release of a proxy."""
    answer = deployed.send("GET", path)

    assert answer.status_code == status
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert all(name in answer.headers for name in HEADERS)
    assert answer.headers.get("Server", "nginx") == "nginx"
    assert "Via" not in answer.headers


def test_public_files_alone_are_compressed(deployed: Deployed) -> None:
    """What is about a person is not: its compressed size would tell (BREACH)."""
    accepts = {"Accept-Encoding": "gzip"}

    assert (
        deployed.send("GET", "/static/css/base.css", headers=accepts).headers["Content-Encoding"]
        == "gzip"
    )
    assert "Content-Encoding" not in deployed.send("GET", "/login", headers=accepts).headers
    assert "Content-Encoding" not in deployed.send("GET", "/api/me", headers=accepts).headers


def test_plain_http_moves_pages_and_refuses_the_rest(deployed: Deployed) -> None:
    """The proxy leaves that to the application: a redirected password has already been read."""
    plain = f"http://localhost:{deployed.proxy.plain_port}"

    page = httpx.get(f"{plain}/login", headers={"X-Forwarded-Proto": "https"})
    api = httpx.post(f"{plain}/auth/login", json={}, headers={"X-Forwarded-Proto": "https"})

    assert page.status_code == 301
    assert page.headers["Location"].startswith("https://localhost")
    assert (api.status_code, api.json()["code"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("path", "size"),
    [("/auth/token", 300_000), ("/api/notes", OwnNotes.max_body + 1), ("/api/notes", 5_000_000)],
)
def test_body_that_is_too_large_is_refused_in_the_apps_own_shape(
    deployed: Deployed, path: str, size: int
) -> None:
    """By the application, or by the proxy with the same answer."""
    for _ in range(10):
        answer = deployed.send("POST", path, content=b"x" * size, headers=JSON)

        assert (answer.status_code, answer.content) == (413, from_problem(TooLarge()).content)
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers.get("Server", "nginx") == "nginx"


def test_unending_body_in_chunks_is_refused_in_the_apps_own_shape(deployed: Deployed) -> None:
    """Of unknown length, so that the limit is found on the way."""
    chunks = (b"x" * 50_000 for _ in range(100))

    answer = deployed.send("POST", "/api/notes", content=chunks, headers=JSON)

    assert (answer.status_code, answer.content) == (413, from_problem(TooLarge()).content)


def test_longest_note_fits_in_any_spelling(deployed: Deployed) -> None:
    """200 and 100,000 characters, each of twelve bytes or of four."""
    token = fetch_tokens(deployed.proxy.url).json()["access_token"]
    note = {"title": "\U0001f600" * 200, "body": "\U0001f600" * 100_000}
    headers = JSON | {"Authorization": f"Bearer {token}"}

    for escaped in (True, False):
        text = json.dumps(note, ensure_ascii=escaped).encode()
        answer = deployed.send("POST", "/api/notes", content=text, headers=headers)

        assert answer.status_code == 201, answer.text
        assert {name: answer.json()[name] for name in note} == note


def expired_token(deployed: Deployed) -> str:
    """Right in everything but its time."""
    good = fetch_tokens(deployed.proxy.url).json()["access_token"]
    key = keys.Ring.parse((deployed.app.data_dir / KEYS_FILE).read_text()).active
    claims = jwt.decode(good, options={"verify_signature": False})
    times = {name: claims[name] - 3600 for name in ("auth_time", "iat", "exp")}
    headers = jwt.get_unverified_header(good)
    return jwt.encode(claims | times, key.private, "ES256", headers=headers)


@pytest.mark.parametrize("size", [13, 120_000, 250_000, 700_000, OwnNotes.max_body])
def test_long_note_with_a_stale_token_always_gets_its_answer(deployed: Deployed, size: int) -> None:
    """401 leads to the refresh and the second try; a proxy's 502 to neither (RFC 9112, 9.6)."""
    headers = JSON | {"Authorization": f"Bearer {expired_token(deployed)}"}
    found = set()

    with httpx.Client(base_url=deployed.proxy.url, verify=False) as client:  # noqa: S501
        for _ in range(70):
            answer = client.post("/api/notes", content=b"x" * size, headers=headers)
            found.add((answer.status_code, answer.headers["Content-Type"], answer.json()["code"]))

    assert found == {(401, "application/problem+json", "invalid_token")}


def test_unknown_host_is_refused(deployed: Deployed) -> None:
    """Whatever name the caller gives, only the application's own are served."""
    answer = deployed.send("GET", "/login", headers={"Host": "evil.example"})

    assert answer.status_code in {400, 421} or not answer.content


def workers_of(app: Production) -> set[int]:
    """The processes that granian has started."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            if parent == app.process.pid:
                found.add(int(stat.parent.name))
    return found


def test_reload_replaces_the_workers_and_fails_no_request(deployed: Deployed) -> None:
    """What `systemctl reload` sends after an upgrade: new code, and nobody notices."""
    before, statuses = workers_of(deployed.app), []

    def ask(over: threading.Event) -> None:
        with httpx.Client(base_url=deployed.proxy.url, verify=False) as client:  # noqa: S501
            while not over.is_set():
                statuses.append(client.get("/auth/session").status_code)

    def all_are_new() -> bool:
        now = workers_of(deployed.app)
        return len(now) == len(before) and not now & before

    with working(ask, ask):
        os.kill(deployed.app.process.pid, signal.SIGHUP)
        wait_until(all_are_new)
        answered = len(statuses)
        wait_until(lambda: len(statuses) > answered + 20)

    assert before
    assert set(statuses) == {200}
