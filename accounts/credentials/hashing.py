"""Limit how many passwords are hashed at a time, and how many wait for it.

Argon2 takes 100 MiB and a quarter of a second each time, by design. Fifty sign-ins at once would
take 5 GB. Those that wait would hold every thread of the server, and the health check would wait
behind them (ASVS 5.0 15.1.3, 15.2.2).
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from ..conf import conf
from ..errors import Unavailable

# One per process, since there is a process for each core.
_hashing = threading.Semaphore(1)
_lock = threading.Lock()
_inside = 0


@contextmanager
def hashing_slot() -> Iterator[None]:
    """Wait for a turn to hash. Close the database connection meanwhile, outside a transaction.

    Raise Unavailable if too many are waiting.
    """
    global _inside
    with _lock:
        if _inside >= conf.hashing_places:
            raise Unavailable("too many password checks are waiting")
        _inside += 1
    try:
        if not connection.in_atomic_block:
            connection.close()  # a waiting thread needs none
        with _hashing:
            yield
    finally:
        with _lock:
            _inside -= 1
