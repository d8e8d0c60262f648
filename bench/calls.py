"""Calls a WSGI application in this process as a server does, and times blocks of such calls.

The timed loop makes nothing but the calls: environments are prepared before, answers are not kept,
and what was there before is out of the garbage collector's sight.
"""

import gc
import io
import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from bench.paired import Block, Cost

Application = Callable[[dict[str, Any], Callable[..., Any]], Any]

# What Chromium sends with a fetch() from our own page.
BROWSER = {
    "HTTP_ACCEPT": "*/*",
    "HTTP_ACCEPT_ENCODING": "gzip, deflate, br, zstd",
    "HTTP_ACCEPT_LANGUAGE": "en-US,en;q=0.9",
    "HTTP_SEC_FETCH_DEST": "empty",
    "HTTP_SEC_FETCH_MODE": "cors",
    "HTTP_SEC_FETCH_SITE": "same-origin",
    "HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36",
}


# One for each 250 requests of any target.
ADDRESSES = (f"127.{a}.{b}.{c}" for a, b, c in itertools.product(range(1, 255), repeat=3))


@dataclass(frozen=True)
class Target:
    """One request to measure: its headers (as in a WSGI environment) and what must come back."""

    headers: dict[str, str] = field(repr=False)
    status: int = 200
    urlconf: Any = None
    method: str = "GET"
    path: str = "/api/me"


def environs(target: Target) -> Iterator[dict[str, Any]]:
    """Endless environments. Budgets are for a network: every so often another one calls."""
    common = {
        "REQUEST_METHOD": target.method,
        "PATH_INFO": target.path,
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost:8000",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **BROWSER,
        **target.headers,
    }
    for address in ADDRESSES:
        for _ in range(250):
            yield {**common, "REMOTE_ADDR": address, "wsgi.input": io.BytesIO()}


def block(application: Application, target: Target) -> Block:
    """A block of calls of this target; fails if an answer is not what it must be."""
    waiting = environs(target)
    statuses: list[str] = []

    def start(status: str, headers: Iterable[Any], exc_info: Any = None) -> None:
        statuses[:] = [status]

    def call(environ: dict[str, Any]) -> None:
        answer = application(environ, start)
        for _ in answer:
            pass
        answer.close()

    def run(count: int) -> Cost:
        if target.urlconf is not None:
            settings.ROOT_URLCONF = target.urlconf
        prepared = list(itertools.islice(waiting, count))
        gc.collect()
        gc.freeze()
        wall, cpu = time.perf_counter(), time.process_time()
        for environ in prepared:
            call(environ)
        spent, took = time.process_time() - cpu, time.perf_counter() - wall
        if not statuses[0].startswith(str(target.status)):
            raise RuntimeError(f"{target.path} answered {statuses[0]}, not {target.status}")
        return Cost(spent / count * 1e6, took / count * 1e6)

    return run
