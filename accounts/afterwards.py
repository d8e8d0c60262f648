"""Work that an answer must not wait for, nor tell about by its duration: sending mails.

Whether an address is known must not show in how long an answer takes (ASVS 5.0 6.3.8), so what
depends on it is done by a thread of its own, after a fixed head start in which a mail to a local
folder is written already. A mail that a stopping process loses is asked for again.
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connections

log = logging.getLogger("accounts")

# Every answer that hides something comes at this moment after its question, whatever was done.
HEAD_START_SECONDS = 0.1

# Beyond it new work is refused: a mail server that hangs must not fill the memory.
MOST_WAITING = 1000

_worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="afterwards")
_places = threading.BoundedSemaphore(MOST_WAITING)


def do(work: Callable[..., Any], *arguments: Any) -> None:
    """Have the work done soon, one piece after the other; failures are logged."""
    if not _places.acquire(blocking=False):
        log.error("too much is waiting: %s was left out", work.__name__)
        return
    _worker.submit(_run, work, arguments)


def hidden(work: Callable[..., Any], *arguments: Any) -> None:
    """`do`, and return after the head start: the same for every outcome."""
    due = time.monotonic() + HEAD_START_SECONDS
    do(work, *arguments)
    time.sleep(max(0.0, due - time.monotonic()))


def finish() -> None:
    """Wait until what was handed over so far has been done, and what that handed over."""
    for _ in range(2):
        _worker.submit(lambda: None).result()


def _run(work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    try:
        work(*arguments)
    except Exception:
        log.exception("%s failed", work.__name__)
    finally:
        _places.release()
        connections.close_all()  # this thread's own; none is kept open between two mails
