"""What is left of a body is read before the answer: the wrapper alone, with a server's part played.

tests/project/test_connections.py has the same on real sockets.
"""

import os
import threading
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any, BinaryIO

import pytest

from project import unread
from project.unread import MOST_BYTES, ReadToTheEnd

# Before it waits, it gives the database connection back.
pytestmark = pytest.mark.django_db

Headers = list[tuple[str, str]]


def refuse(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """An application that never looks at a body."""
    start_response("401 Unauthorized", [("X", "y")])
    return [b"no"]


def request(stream: Any, **more: Any) -> dict[str, Any]:
    return {
        "SERVER_SOFTWARE": "Granian",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": "700000",
        "wsgi.input": stream,
        "wsgi.input_terminated": True,
        **more,
    }


def answer(application: ReadToTheEnd, environ: dict[str, Any]) -> Headers:
    """The headers of the answer, which is sent to its end."""
    told: list[Headers] = []
    content = application(environ, lambda status, headers: told.append(headers))
    assert list(content) == [b"no"]
    getattr(content, "close", bool)()
    return told[0]


CLOSE = ("Connection", "close")


@pytest.mark.parametrize("server", ["Granian", "gunicorn/26.2.0"])
@pytest.mark.parametrize(
    "length", [{}, {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}], ids=["", "chunked"]
)
def test_body_that_nobody_looked_at_is_read(server: str, length: dict[str, str]) -> None:
    """The connection is free for the next request, and nothing is said about it."""
    body = BytesIO(b"x" * 700_000)

    headers = answer(ReadToTheEnd(refuse), request(body, SERVER_SOFTWARE=server, **length))

    assert headers == [("X", "y")]
    assert body.read() == b""


@pytest.mark.parametrize(
    "more",
    [{"CONTENT_LENGTH": "0"}, {"CONTENT_LENGTH": ""}, {"wsgi.input_terminated": False}],
    ids=["empty", "none", "unterminated"],
)
def test_nothing_is_read_where_there_is_no_end(more: dict[str, Any]) -> None:
    """No body, or a server whose input goes on with the next request."""
    body = BytesIO(b"GET /")

    assert answer(ReadToTheEnd(refuse), request(body, **more)) == [("X", "y")]
    assert body.read() == b"GET /"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, [CLOSE]),
        ({"SERVER_PROTOCOL": "HTTP/2"}, []),  # it has no such header (RFC 9113 section 8.2.2)
        ({"SERVER_SOFTWARE": "gunicorn/26.2.0"}, []),  # nor may an application send it (PEP 3333)
    ],
    ids=["granian", "HTTP/2", "gunicorn"],
)
def test_no_more_is_read_than_the_limit(more: dict[str, Any], said: Headers) -> None:
    """What is beyond it closes the connection."""
    body = BytesIO(b"x" * 2 * MOST_BYTES)

    headers = answer(ReadToTheEnd(refuse), request(body, **more))

    assert headers == [("X", "y"), *said]
    assert MOST_BYTES <= body.tell() < MOST_BYTES + unread.PIECE


@pytest.fixture
def stalled() -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """A body that comes when it is sent, and its sender."""
    reading, writing = os.pipe()
    with open(reading, "rb", buffering=0) as body, open(writing, "wb", buffering=0) as sender:
        yield body, sender


def test_sender_who_stalls_is_answered_and_keeps_one_place(
    stalled: tuple[BinaryIO, BinaryIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is sent, but not over before the reading is: Granian would stand still."""
    monkeypatch.setattr(unread, "MOST_SECONDS", 0.01)
    application, (body, sender) = ReadToTheEnd(refuse, places=1), stalled
    told: list[Headers] = []

    slow = application(request(body), lambda status, headers: told.append(headers))
    ending = threading.Thread(target=slow.close)  # type: ignore[attr-defined]  # it has one
    ending.start()

    assert (list(slow), told) == ([b"no"], [[("X", "y"), CLOSE]])
    assert ending.is_alive()
    unheard = BytesIO(b"x")
    assert CLOSE in answer(application, request(unheard))
    assert unheard.tell() == 0
    sender.close()
    ending.join(10)
    assert not ending.is_alive()
    assert CLOSE not in answer(application, request(BytesIO(b"x")))


def test_reading_that_fails_gives_its_place_back() -> None:
    """A client that has gone."""

    class Gone(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise ConnectionResetError

    application = ReadToTheEnd(refuse, places=1)

    assert CLOSE in answer(application, request(Gone()))
    assert CLOSE not in answer(application, request(BytesIO(b"x")))
