"""Asks a server on loopback for one thing over and over, from a few connections, for a few seconds.

One thread and no client library: what this takes is taken from the machine of the server.
"""

import selectors
import socket
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Load:
    """What was answered in `seconds`; `slowest` is the 99th percentile in milliseconds."""

    requests: int
    seconds: float
    slowest: float


def run(port: int, request: bytes, *, seconds: float, connections: int = 16) -> Load:
    """RuntimeError unless every answer is a 200 that says its length."""
    selector, times, began = selectors.DefaultSelector(), [], time.perf_counter()
    for _ in range(connections):
        one = socket.create_connection(("127.0.0.1", port), timeout=20)
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(one, selectors.EVENT_READ, [time.perf_counter(), b""])
        one.sendall(request)
    until = began + seconds
    while (now := time.perf_counter()) < until:
        for key, _ in selector.select(5):
            asked, text = key.data
            text += key.fileobj.recv(65536)
            key.data[1] = text
            if not complete(text):
                continue
            now = time.perf_counter()
            times.append(now - asked)
            key.data[:] = [now, b""]
            key.fileobj.sendall(request)
    for key in list(selector.get_map().values()):
        key.fileobj.close()
    if not times:
        raise TimeoutError(f"no answer on port {port}")
    times.sort()
    return Load(len(times), now - began, times[int(len(times) * 0.99)] * 1000)


def complete(text: bytes) -> bool:
    """Whether a whole answer is there."""
    head, found, body = text.partition(b"\r\n\r\n")
    if not found:
        return False
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(head.splitlines()[0].decode("latin-1"))
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return len(body) >= int(line.partition(b":")[2])
    raise RuntimeError("the answer does not say its length")
