"""Slow ways to the server: one holds back what script asks, the other the second half of a page."""

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import httpx

ASKED = re.compile(rb"[A-Z]+ /(api|auth)/")


class SlowWay:
    """`with SlowWay(port) as way`: pages come at once, answers of the API after `round_trip` s."""

    def __init__(self, port: int, round_trip: float) -> None:
        self.port = port
        self.half = round_trip / 2
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://localhost:{self.listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.listener.close()

    def _accept(self) -> None:
        with suppress(OSError):  # closed: the test is over
            while True:
                browser, _ = self.listener.accept()
                threading.Thread(target=self._connect, args=(browser,), daemon=True).start()

    def _connect(self, browser: socket.socket) -> None:
        held = threading.Event()
        try:
            server = socket.create_connection(("127.0.0.1", self.port))
        except OSError:  # ended: the test is over
            browser.close()
            return
        with browser, server:
            back = (server, browser, lambda data: self._answers(held))
            answers = threading.Thread(target=carry, args=back, daemon=True)
            answers.start()
            carry(browser, server, lambda data: self._asks(data, held))
            answers.join()

    def _asks(self, data: bytes, held: threading.Event) -> float:
        if not ASKED.match(data):
            return 0
        held.set()
        return self.half

    def _answers(self, held: threading.Event) -> float:
        if not held.is_set():
            return 0
        held.clear()
        return self.half


def carry(source: socket.socket, sink: socket.socket, seconds: Callable[[bytes], float]) -> None:
    """Pass on what comes, each piece after so many seconds, until either side has closed."""
    with suppress(OSError):
        while data := source.recv(65_536):
            time.sleep(seconds(data))
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def in_two_halves(url: str, seconds: float) -> Iterator[str]:
    """An address where a page comes at once as far as its header, and the rest so much later."""

    class Halves(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = httpx.get(url + self.path)
            self.send_response(answer.status_code)
            self.send_header("Content-Type", answer.headers["Content-Type"])
            self.end_headers()
            first, mark, second = answer.content.partition(b"<header")
            with suppress(OSError):  # closed: the test is over
                self.wfile.write(first)
                if mark:
                    time.sleep(seconds)
                self.wfile.write(mark + second)

        def log_message(self, *_: Any) -> None:
            """Nothing to say."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Halves) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()
