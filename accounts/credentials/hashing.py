"""Room for password hashing: how many may hash at once, and how many may wait for it.

Argon2 takes 100 MiB and a quarter of a second a time, by design. Without a bound fifty sign-ins at
once would take 5 GB; without a bound on those who wait they would hold every thread of the server,
and the health check would wait with them (ASVS 5.0 15.1.3, 15.2.2).
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from ..conf import conf
from ..errors import Unavailable

# One in each process, and there is a process for each core: more would only share the cores.
_hashing = threading.Semaphore(1)
_lock = threading.Lock()
_inside = 0


@contextmanager
def room() -> Iterator[None]:
    """Wait for a turn to hash. Unavailable if too many are waiting; nothing was counted then."""
    global _inside
    with _lock:
        if _inside >= conf.hashing_places:
            raise Unavailable("too many password checks are waiting")
        _inside += 1
    try:
        if not connection.in_atomic_block:
            connection.close()  # whoever waits holds a thread, and nothing else
        with _hashing:
            yield
    finally:
        with _lock:
            _inside -= 1
