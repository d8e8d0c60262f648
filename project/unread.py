"""Read the rest of a request's body before the answer goes out.

A refusal seldom reads the body. A server that closes while the client is still sending resets the
connection. The client gets no answer then, and a proxy sends 502 (RFC 9112 section 9.6).
A project on another server may copy this file: it imports nothing but Django.
"""

import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

from django.db import close_old_connections

# More than the largest body that any endpoint takes. Beyond it the connection may be closed.
MOST_BYTES = 2 * 1024 * 1024
PIECE = 64 * 1024
# A slower client is answered while it is still sending, and told that the connection closes.
MOST_SECONDS = 5.0


class ReadToTheEnd:
    """Wrap a WSGI application, so that every answer passes here, also those of middleware.

    Granian cannot give up reading, and stands still when a thread reads on after the answer was
    taken back. So a sender who stalls keeps a thread of the server until the connection ends. At
    most `places` do, fewer than the server has threads. The others are told at once that the
    connection closes.
    """

    def __init__(self, application: Callable[..., Iterable[bytes]], places: int = 4) -> None:
        self.application = application
        self.places = threading.BoundedSemaphore(places)

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if not has_body(environ):
            return self.application(environ, start_response)
        rest = Rest(environ, self.places)

        def start(status: str, headers: list[tuple[str, str]], *failure: Any) -> Any:
            close_old_connections()  # a waiting thread needs none
            if not rest.is_read() and environ["SERVER_PROTOCOL"] != "HTTP/2":
                headers = [*headers, ("Connection", "close")]
            return start_response(status, headers, *failure)

        return Answer(self.application(environ, start), rest)


def has_body(environ: dict[str, Any]) -> bool:
    """Return whether a body was sent, and reading stops at its end."""
    sized = environ.get("CONTENT_LENGTH", "0") not in ("", "0")
    sent = sized or "HTTP_TRANSFER_ENCODING" in environ
    return sent and bool(environ.get("wsgi.input_terminated"))


class Rest:
    """Hold what is left of one body."""

    def __init__(self, environ: dict[str, Any], places: threading.BoundedSemaphore) -> None:
        self.stream = environ["wsgi.input"]
        self.granian = environ.get("SERVER_SOFTWARE") == "Granian"
        self.places = places
        self.reader: threading.Thread | None = None
        self.ended = False

    def is_read(self) -> bool:
        """Read it. Return whether the connection can serve another request."""
        if not self.granian:
            with suppress(OSError):
                read(self.stream, MOST_SECONDS)
            return True  # a matter of the server alone (PEP 3333, other HTTP features)
        if self.places.acquire(blocking=False):
            self.reader = threading.Thread(target=self._read, daemon=True)
            self.reader.start()
            self.reader.join(MOST_SECONDS)
        return self.ended

    def _read(self) -> None:
        with suppress(OSError):  # they have gone
            self.ended = read(self.stream, math.inf)
        self.places.release()

    def close(self) -> None:
        """Wait for whoever still sends."""
        if self.reader:
            self.reader.join()


class Answer:
    """Hold the application's answer, which is over when the body is."""

    def __init__(self, content: Iterable[bytes], rest: Rest) -> None:
        self.content, self.rest = content, rest

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.content)

    def close(self) -> None:
        try:
            getattr(self.content, "close", bool)()
        finally:
            self.rest.close()


def read(stream: Any, seconds: float) -> bool:
    """Read within the limits. Return whether the end was reached."""
    latest, left = time.monotonic() + seconds, MOST_BYTES
    while left > 0 and time.monotonic() < latest:
        piece = stream.read(PIECE)
        if not piece:
            return True
        left -= len(piece)
    return False
