"""Part `threads`: what more threads in a process cost, and what they are for."""

import statistics
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import requests

from bench import NO_LAB, amount, overhttp
from tests.servers import Gatehouse

ROUNDS, SIGN_INS = amount((6, 50), (1, 4))
CHOICES = amount((1, 2, 8, 32, 64), (1, 64))
ENOUGH = 32  # with fewer, most of the sign-ins are told to come back


def burst(url: str) -> str:
    """How many of so many sign-ins at once were answered, and how many were told to wait."""
    from project.demo import PEOPLE

    alice = PEOPLE[0]
    body = {"email": alice.email, "password": alice.password}

    def sign_in(_: int) -> int:
        return requests.post(f"{url}/auth/token", json=body, timeout=200).status_code

    with ThreadPoolExecutor(SIGN_INS) as pool:
        statuses = list(pool.map(sign_in, range(SIGN_INS)))
    return f"{statuses.count(200)} in, {statuses.count(503)} told 503"


def measure() -> dict[str, Any]:
    rows = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gatehouse-bench-")))
        servers = {
            threads: overhttp.gatehouse(stack, folder / str(threads), GATEHOUSE_THREADS=threads)
            for threads in CHOICES
        }
        for server in servers.values():
            overhttp.ready(server)
            server.round()
            server.rounds.clear()
        for turn in range(ROUNDS):
            for server in servers.values() if turn % 2 else reversed(servers.values()):
                server.round()
        for threads, server in servers.items():
            columns = zip(*server.rounds, strict=True)
            each, rate, slowest = (statistics.median(column) for column in columns)
            rows.append([str(threads), f"{each:.0f}", f"{rate:.0f}", f"{slowest:.0f}"])
        for found in rows:
            if int(found[0]) < ENOUGH:
                continue
            told = NO_LAB | {"GATEHOUSE_THREADS": found[0], "GATEHOUSE_PIN": 1}
            with Gatehouse(folder / f"burst {found[0]}", **told) as server:
                found.append(burst(server.url))
    caption = (
        f"`/api/me` on one process by threads, {ROUNDS} rounds from 16 connections in turn; "
        f"then {SIGN_INS} sign-ins at once on the usual processes (Argon2, one hash a process)"
    )
    head = ["threads", "CPU µs/request", "requests/s", "p99 ms", f"{SIGN_INS} sign-ins"]
    rows = [[*found, *["not tried"] * (len(head) - len(found))] for found in rows]
    return {"tables": [{"caption": caption, "head": head, "rows": rows}]}
