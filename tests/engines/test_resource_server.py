"""examples/resource_server: another framework, another process, and our public keys alone."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from accounts.tokens.keys import Ring, new_key
from tests.engines.people import fetch_tokens
from tests.servers import ROOT, Gatehouse, die_with_parent, free_port, listens, wait_for

EXAMPLE = ROOT / "examples" / "resource_server"
STAFF, OTHER = "carol@example.com", "alice@example.com"


class Listing:
    """Hands on the public keys of Gatehouse, and counts how often it was asked."""

    def __init__(self, gatehouse: Gatehouse) -> None:
        self.count = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.count += 1
                body = httpx.get(f"{gatehouse.url}/.well-known/jwks.json").content
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing: the test counts."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def flask(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with what the example's own list names, and no more."""
    folder = tmp_path_factory.mktemp("example") / "venv"
    packages = ["install", "--quiet", "--require-hashes", "-r", EXAMPLE / "requirements.txt"]
    quick = {"PIP_NO_COMPILE": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    subprocess.run([folder / "bin" / "pip", *packages], check=True, env=os.environ | quick)
    return folder / "bin" / "flask"


@pytest.fixture(scope="module")
def listing(server: Gatehouse) -> Iterator[Listing]:
    """Where the example fetches the keys from."""
    found = Listing(server)
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture(scope="module")
def call(
    server: Gatehouse, listing: Listing, flask: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., httpx.Response]]:
    """Asks the running example for its report with a token, or with none."""
    port, log = free_port(), tmp_path_factory.mktemp("log") / "flask.log"
    url = f"http://127.0.0.1:{port}/report"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [flask, "--app", "app", "run", "--port", str(port)],
            cwd=EXAMPLE,
            env=os.environ
            | {"ISSUER": server.url, "JWKS_URL": listing.url, "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )

    def ask(token: str = "", more: str = "") -> httpx.Response:
        return httpx.get(url + more, headers={"Authorization": f"Bearer {token}"} if token else {})

    try:
        wait_for(lambda: listens(port), process, log)
        yield ask
    finally:
        process.terminate()
        process.wait(10)


def token_of(server: Gatehouse, email: str, kind: str = "access_token") -> str:
    """What a program gets for these credentials."""
    return str(fetch_tokens(server.url, email).json()[kind])


def forged(server: Gatehouse, key: Any = None, typ: str = "at+jwt", **claims: object) -> str:
    """A good token of staff with something else in it, signed with the issuer's key, or another."""
    good = jwt.decode(token_of(server, STAFF), options={"verify_signature": False})
    ours = Ring.parse((server.data_dir / "signing-keys.json").read_text()).active
    headers = {"kid": ours.kid, "typ": typ}
    return jwt.encode(good | claims, (key or ours).private, "ES256", headers=headers)


def test_good_token_opens_the_report(server: Gatehouse, call: Callable[..., Any]) -> None:
    """The public keys are enough."""
    answer = call(token_of(server, STAFF))

    assert answer.status_code == 200
    assert answer.json()["by"] == "cli"
    assert call(forged(server)).status_code == 200  # so that the refusals below are for their cause


def test_password_alone_is_too_little_for_the_names(
    server: Gatehouse, call: Callable[..., Any]
) -> None:
    """RFC 9470: the challenge says what would do, and a token of two factors does."""
    refused = call(forged(server), "/names")

    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].endswith(
        'error="insufficient_user_authentication", acr_values="2"'
    )
    assert call(forged(server, acr="2"), "/names").json()["acr"] == "2"


def test_missing_scope_is_403(server: Gatehouse, call: Callable[..., Any]) -> None:
    """Somebody who is not staff is known here, and may not."""
    answer = call(token_of(server, OTHER))

    assert answer.status_code == 403
    assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]


def test_nothing_sent_is_401_without_an_error(call: Callable[..., Any]) -> None:
    """RFC 6750 section 3.1."""
    answer = call()

    assert answer.status_code == 401
    assert "error" not in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "another-api"},
        {"iss": "http://evil.example"},
        {"exp": 1_700_000_000},
        {"scope": None},
        {"typ": "rt+jwt"},
        {"key": new_key("active")},
        {"cnf": {"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}},
    ],
    ids=["audience", "issuer", "expired", "no-scope", "type", "foreign-key", "bound-to-a-key"],
)
def test_any_other_token_is_401(
    server: Gatehouse, call: Callable[..., Any], change: dict[str, Any]
) -> None:
    """Each differs from a good one in this alone."""
    assert call(forged(server, **change)).status_code == 401


def test_refresh_token_and_nonsense_are_401(server: Gatehouse, call: Callable[..., Any]) -> None:
    """Neither is an access token, however authentic."""
    for token in (token_of(server, STAFF, "refresh_token"), "x.y.z", "nonsense"):
        assert call(token).status_code == 401


def test_invented_key_ids_do_not_flood_the_issuer(
    server: Gatehouse, listing: Listing, call: Callable[..., Any]
) -> None:
    """However many there are, the keys are fetched once in five seconds."""
    key, before, began = new_key("active"), listing.count, time.monotonic()
    good = jwt.decode(token_of(server, STAFF), options={"verify_signature": False})
    for number in range(40):
        headers = {"kid": f"invented-{number}", "typ": "at+jwt"}
        assert call(jwt.encode(good, key.private, "ES256", headers=headers)).status_code == 401

    assert listing.count - before <= 1 + (time.monotonic() - began) / 5


def test_rotated_key_is_picked_up_without_a_restart(
    server: Gatehouse, call: Callable[..., Any]
) -> None:
    """Tokens of the new key are good here, and those of the old one until they expire."""
    old = token_of(server, STAFF)
    server.manage("rotate_signing_key", "--wait", "6")
    new = old
    while kid(new) == kid(old):  # the server looks at its keys each second
        new = token_of(server, STAFF)

    statuses = []
    while 200 not in statuses and len(statuses) < 200:
        statuses.append(call(new).status_code)
        threading.Event().wait(0.05)

    assert statuses[-1] == 200
    assert call(old).status_code == 200


def test_session_that_ended_works_on_here(server: Gatehouse, call: Callable[..., Any]) -> None:
    """What stateless costs: only expiry ends a token where nobody asks."""
    tokens = fetch_tokens(server.url, STAFF).json()
    httpx.post(f"{server.url}/auth/token/revoke", json={"refresh_token": tokens["refresh_token"]})
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}

    assert httpx.get(f"{server.url}/api/me", headers=bearer).status_code == 401
    assert call(tokens["access_token"]).status_code == 200


def kid(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])
