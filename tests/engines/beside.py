"""What runs beside a test: jobs in threads that are told when it is over, also when it fails."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any


@contextmanager
def working(*jobs: Callable[[threading.Event], Any]) -> Iterator[None]:
    """The jobs run beside the block, each in a thread; what one of them raises fails the test."""
    over = threading.Event()
    with ThreadPoolExecutor(len(jobs)) as pool:
        running = [pool.submit(job, over) for job in jobs]
        try:
            yield
        finally:
            over.set()
        for job in running:
            job.result()


def wait_until(condition: Callable[[], bool]) -> None:
    """Returns once it holds; fails after a minute."""
    deadline, pause = time.monotonic() + 60, threading.Event()
    while not condition():
        assert time.monotonic() < deadline
        pause.wait(0.05)
