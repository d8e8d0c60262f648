"""A refusal never breaks the connection: on real sockets, against the server that production runs."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPResponse

import pytest

from tests.servers import Gatehouse

JSON = {"Content-Type": "application/json"}
BAD_TOKEN = JSON | {"Authorization": "Bearer a.b.c"}
SIZES = [13, 20_000, 60_000, 250_000, 700_000, 1_250_000]
PLACES = 4


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gatehouse]:
    """One process with eight threads: half of them may wait for what is left of a body."""
    folder = tmp_path_factory.mktemp("connections")
    with Gatehouse(folder, GATEHOUSE_WORKERS=1, GATEHOUSE_THREADS=2 * PLACES) as server:
        yield server


def ask(
    connection: HTTPConnection,
    method: str,
    path: str,
    body: bytes | Iterator[bytes] | None = None,
    headers: dict[str, str] = JSON,
) -> int:
    """The status of the answer, which leaves the connection open. http.client sends the head and the body apart."""
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    answer.read()
    assert answer.headers["Connection"] is None
    return answer.status


@contextmanager
def connected(app: Gatehouse) -> Iterator[HTTPConnection]:
    with closing(HTTPConnection("localhost", app.port, timeout=30)) as connection:
        connection.connect()
        connection.auto_open = 0  # a second request on another connection would prove nothing
        yield connection


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("path", "status"), [("/auth/login", 403), ("/api/notes", 401)], ids=["csrf", "credential"]
)
def test_refused_request_leaves_its_connection_to_the_next(
    app: Gatehouse, path: str, status: int, size: int
) -> None:
    """RFC 9112 section 9.6: no CSRF token, or no credential, and the body still on its way."""
    for _ in range(60 if size < 1000 else 10):
        with connected(app) as connection:
            assert ask(connection, "POST", path, b"x" * size) == status
            assert ask(connection, "GET", "/healthz") == 200


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("PUT", "/auth/login", {}, 405),
        ("DELETE", "/healthz", {}, 405),
        ("TRACE", "/", {}, 405),
        ("POST", "/nothing", {}, 404),
        ("POST", "/static/css/base.css", {}, 405),
        ("POST", "/login", {}, 403),
        ("POST", "/admin/login/", {}, 403),
        ("GET", "/login", {}, 200),
        ("GET", "/admin/", {}, 302),
        ("POST", "/auth/token", {}, 413),
        ("POST", "/auth/token", {"Content-Type": "text/plain"}, 415),
        ("POST", "/auth/token", {"Host": "evil.example"}, 400),
        ("POST", "/api/notes", {"Authorization": "Bearer x", "Cookie": "__Host-x=1"}, 401),
        ("OPTIONS", "/api/notes", {}, 204),
    ],
)
def test_answer_that_asks_for_no_body_takes_it_off_the_line(
    app: Gatehouse, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    """Whoever answers: a view, a page, a middleware, the administration, Django."""
    for _ in range(3):
        with connected(app) as connection:
            assert ask(connection, method, path, b"x" * 300_000, JSON | headers) == status
            assert ask(connection, "GET", "/healthz") == 200


def test_throttled_requests_share_one_connection(app: Gatehouse) -> None:
    """Bad tokens until their budget is used up, each with a long note."""
    statuses: list[int] = []
    with connected(app) as connection:
        while statuses.count(429) < 2:
            statuses.append(ask(connection, "POST", "/api/notes", b"x" * 100_000, BAD_TOKEN))

        assert set(statuses) == {401, 429}
        assert ask(connection, "GET", "/healthz") == 200


@pytest.mark.parametrize(
    ("path", "status"), [("/auth/login", 403), ("/api/notes", 401), ("/auth/token", 400)]
)
def test_refused_body_in_chunks_is_taken_off_the_line(
    app: Gatehouse, path: str, status: int
) -> None:
    """Of unknown length, it ends with its last chunk."""
    for _ in range(10):
        with connected(app) as connection:
            chunks = (b"x" * 9000 for _ in range(40))
            assert ask(connection, "POST", path, chunks) == status
            assert ask(connection, "GET", "/healthz") == 200


def head(path: str, length: int, *lines: str) -> bytes:
    """The head of a POST that announces so many bytes."""
    first = f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json"
    return "\r\n".join((*first, *lines, f"Content-Length: {length}", "\r\n")).encode()


def heard(sender: socket.socket) -> HTTPResponse:
    """The next answer on this connection; it must come."""
    with HTTPResponse(sender) as answer:
        answer.begin()
        answer.read()
        return answer


def test_sender_who_asks_first_is_answered(app: Gatehouse) -> None:
    """RFC 9110 section 10.1.1: 100, then the body, then the refusal, then the next request."""
    with socket.create_connection(("127.0.0.1", app.port), timeout=30) as sender:
        sender.sendall(head("/auth/login", 250_000, "Expect: 100-continue"))
        assert sender.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sender.sendall(b"x" * 250_000)

        assert heard(sender).status == 403
        sender.sendall(head("/auth/logout", 0))
        assert heard(sender).status == 403


def is_left_open(app: Gatehouse) -> bool:
    """Whether a refusal leaves its connection to the next request."""
    with suppress(ConnectionError), connected(app) as connection:
        connection.request("POST", "/auth/login", b"x" * 250_000, JSON)
        return connection.getresponse().headers["Connection"] is None
    return False


def test_senders_who_stall_hold_up_nobody_and_hear_the_answer(app: Gatehouse) -> None:
    """They wait in half of the threads, some seconds long; those beyond that are told at once."""
    with ExitStack() as until_the_end:
        senders = [
            until_the_end.enter_context(socket.create_connection(("127.0.0.1", app.port), 30))
            for _ in range(4 * PLACES)
        ]
        for sender in senders:
            sender.sendall(head("/auth/login", 700_000) + b"x" * 100_000)
        with connected(app) as connection:
            assert ask(connection, "GET", "/healthz") == 200

        answers = [heard(sender) for sender in senders]

        assert {answer.status for answer in answers} == {403}
        assert {answer.headers["Connection"] for answer in answers} == {"close"}

    # They are gone, and soon their places are free again.
    while not is_left_open(app):
        continue


def test_sender_who_is_slow_hears_the_whole_answer(app: Gatehouse) -> None:
    """What comes after the answer is still read: nothing resets the connection under it."""
    with socket.create_connection(("127.0.0.1", app.port), timeout=30) as sender:
        sender.sendall(head("/auth/login", 700_000) + b"x" * 350_000)
        start = sender.recv(1)  # the server has answered
        sender.sendall(b"x" * 350_000)

        whole = start
        while piece := sender.recv(65_536):
            whole += piece

    assert whole.startswith(b"HTTP/1.1 403")
    assert whole.endswith(b"}")


def test_more_than_any_endpoint_takes_closes_the_connection_and_says_so(app: Gatehouse) -> None:
    """Nobody has to read what a sender never ends."""
    with socket.create_connection(("127.0.0.1", app.port), timeout=30) as sender:
        sender.sendall(head("/auth/login", 10**12) + b"x" * 2 * 1024 * 1024)

        answer = heard(sender)

    assert (answer.status, answer.headers["Connection"]) == (403, "close")
