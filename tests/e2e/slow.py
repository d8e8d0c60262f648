"""A slow way to the server: a proxy that holds back what the page's script asks, there and back."""

import re
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Self

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
