"""Work that an answer must not wait for, nor tell about by its duration: sending mails.

Whether an address is known must not show in how long an answer takes (ASVS 5.0 6.3.8), so what
depends on it is done by a thread of its own, after a fixed head start in which a mail to a local
folder is written already. A process that stops does what it was given, and forgets what waits for
a later moment.
"""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connections

log = logging.getLogger("gatehouse")

# Every answer that hides something comes at this moment after its question, whatever was done.
HEAD_START_SECONDS = 0.1

# Beyond it new work is refused: a mail server that hangs must not fill the memory.
MOST_WAITING = 1000

# The same for what waits for a later moment.
MOST_PUT_OFF = 1000

# What is due and finds the queue full comes again after this.
AGAIN_SECONDS = 1

_worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="afterwards")
_places = threading.BoundedSemaphore(MOST_WAITING)


# By when each is due; the number tells which came first, of two that are due at once.
_put_off: list[tuple[float, int, Callable[..., Any], tuple[Any, ...]]] = []
_numbers = itertools.count()
_changed = threading.Condition()
_alarm: threading.Thread | None = None


def do(work: Callable[..., Any], *arguments: Any) -> bool:
    """Have the work done soon, one piece after the other; failures are logged.

    Return False if too much is waiting, or the process is stopping: the work is left out then.
    """
    if not _places.acquire(blocking=False):
        log.error("too much is waiting: %s was left out", work.__name__)
        return False
    try:
        _worker.submit(_run, work, arguments)
    except RuntimeError:  # it takes nothing any more
        _places.release()
        return False
    return True


def later(seconds: float, work: Callable[..., Any], *arguments: Any) -> bool:
    """Have the work done in so many seconds. Return False if too much is put off already."""
    global _alarm
    with _changed:
        if len(_put_off) >= MOST_PUT_OFF:
            return False
        heapq.heappush(_put_off, (time.monotonic() + seconds, next(_numbers), work, arguments))
        # It holds nobody up: a process ends without it, and a forked one starts its own.
        if _alarm is None or not _alarm.is_alive():
            _alarm = threading.Thread(target=_do_when_due, name="put off", daemon=True)
            _alarm.start()
        _changed.notify()
    return True


def reset() -> None:
    """Do what was handed over, and forget what waits for a later moment, as a new process would."""
    with _changed:
        _put_off.clear()
    finish()


def _do_when_due() -> None:
    while True:
        with _changed:
            while not _put_off or _put_off[0][0] > time.monotonic():
                _changed.wait(_put_off[0][0] - time.monotonic() if _put_off else None)
            _, _, work, arguments = heapq.heappop(_put_off)
        if not do(work, *arguments):
            later(AGAIN_SECONDS, work, *arguments)


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
