"""Many people sign in at once: memory stays bounded and the rest of the service goes on."""

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from tests.engines.people import fetch_tokens
from tests.servers import Gatehouse

AT_ONCE = 50
# Argon2 with Django's parameters: 100 MiB while it runs.
HASH_KIB = 102_400


def resident_kib(group: int) -> int:
    """The resident memory of all processes in a process group."""
    total = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            if os.getpgid(int(status.parent.name)) == group:
                lines = status.read_text().splitlines()
                total += sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
        except (OSError, ValueError):
            continue  # it has ended meanwhile
    return total


def test_fifty_sign_ins_at_once_leave_memory_and_the_health_check_alone(
    serve: Callable[..., Gatehouse],
) -> None:
    """Hashing is bounded (ASVS 15.1.3, 15.2.2): all sign in, one after the other."""
    server = serve()
    group = server.process.pid
    before = resident_kib(group)
    peak, slowest, over = 0, 0.0, threading.Event()

    def watch() -> None:
        nonlocal peak, slowest
        with httpx.Client(base_url=server.url, timeout=300) as client:
            while not over.is_set():
                start = time.monotonic()
                assert client.get("/healthz").status_code == 200
                slowest = max(slowest, time.monotonic() - start)
                peak = max(peak, resident_kib(group))

    with ThreadPoolExecutor(AT_ONCE + 1) as pool:
        watching = pool.submit(watch)
        start = time.monotonic()
        answers = list(pool.map(lambda _: fetch_tokens(server.url), range(AT_ONCE)))
        took = time.monotonic() - start
        over.set()
        watching.result()

    assert [answer.status_code for answer in answers] == [200] * AT_ONCE
    assert slowest < took / 3
    # Two processes hash one password each; without the bound it would be fifty.
    assert peak - before < 6 * HASH_KIB
