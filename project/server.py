"""Make granian's command line, for the demo and for production alike."""

import os
import sys

from project import env

APPLICATION = "project.wsgi:application"


def command(host: str, port: int, *options: str) -> list[str]:
    """Return the program and its arguments, by GATEHOUSE_WORKERS and GATEHOUSE_THREADS."""
    threads = env.number("GATEHOUSE_THREADS", least=1)
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"),
        *("--host", host, "--port", str(port)),
        *("--workers", str(workers()), "--blocking-threads", str(threads)),
        # A worker that dies is replaced. One that hangs does not keep the server from ending.
        *("--respawn-failed-workers", "--workers-kill-timeout", "5"),
        *("--log-level", "error"),
        *options,
        APPLICATION,
    ]


def workers() -> int:
    """Return how many processes serve."""
    given = env.text("GATEHOUSE_WORKERS")
    return env.number("GATEHOUSE_WORKERS", least=1) if given else max(2, cores())


def cores() -> int:
    """Return how many cores this process may use: in a container fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
