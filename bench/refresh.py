"""Part `refresh`: refreshes at growing tables, their rows, a sign-in and the purge, by engine."""

import json
import os
import subprocess
import sys
import tempfile
from typing import Any

from bench import NO_LAB, amount, goals
from tests.servers import Postgres

SIZES = amount((1_000, 100_000, 1_000_000), (1_000, 2_000))


def run(
    url: str = "",
    worker: str = "bench.refresh_worker",
    settings: str = "bench.stacks.same_rotating",
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="gatehouse-bench-") as folder:
        env = {k: v for k, v in os.environ.items() if not k.startswith(("GATEHOUSE_", "DJANGO_"))}
        env |= {
            "DJANGO_SETTINGS_MODULE": settings,
            "GATEHOUSE_MODE": "demo",
            "GATEHOUSE_DATA_DIR": folder,
            **NO_LAB,
            **({"GATEHOUSE_DATABASE_URL": url} if url else {}),
            "GATEHOUSE_GRACE_SECONDS": "0",  # each refresh rotates
        }
        command = [sys.executable, "-m", worker, *map(str, SIZES)]
        done = subprocess.run(command, env=env, check=False, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{worker} has failed:\n{done.stderr[-4000:]}")
        return dict(json.loads(done.stdout))


def measure() -> dict[str, Any]:
    with Postgres() as server:
        found = {"SQLite": run(), "PostgreSQL": run(server.url)}
    tables = [refreshes(found), growth(found), sign_in(found), purge(found)]
    return {"tables": tables, "goals": reached(found)}


def reached(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The goals: the ratio at the second size, and the slower sign-in."""
    what = f"times that simplejwt's refresh costs at {SIZES[1]:,} sessions, "
    least = {"SQLite": 5.5, "PostgreSQL": 6}
    ratios = {engine: found[engine]["refreshes"][1]["ratio"] for engine in least}
    beside = max(one["sign_in"]["session"] for one in found.values())
    return [
        *(goals.at_least(what + engine, ratios[engine], least[engine]) for engine in least),
        goals.at_most("a sign-in beside the password's hash, CPU ms", beside, 8),
    ]


def table(caption: str, head: list[str], rows: list[list[str]]) -> dict[str, Any]:
    return {"caption": caption, "head": head, "rows": rows}


def refreshes(found: dict[str, Any]) -> dict[str, Any]:
    rows = []
    for engine, one in found.items():
        for each in one["refreshes"]:
            spread = f"{each['low']:.1f} to {each['high']:.1f}"
            cells = [f"{each['theirs']:.0f}", f"{each['ours']:.0f}", f"**{each['ratio']:.1f}**"]
            rows.append([engine, f"{each['rows']:,}", *cells, spread, f"{each['wall']:.1f}"])
    caption = (
        "One refresh without HTTP, simplejwt with rotation and blacklist: CPU of the app's thread, "
        "and the ratio of both; wall is the ratio of times, on SQLite mostly the disk's syncs, on "
        "PostgreSQL without any"
    )
    head = ["engine", "sessions", "simplejwt, µs", "Gatehouse, µs", "ratio", "quartiles", "wall"]
    return table(caption, head, rows)


def growth(found: dict[str, Any]) -> dict[str, Any]:
    rows = [
        [engine, f"{one['growth']['theirs']:.1f}", f"{one['growth']['ours']:.1f}"]
        for engine, one in found.items()
    ]
    caption = "What 100,000 refreshes add to the database in MB, from 1,000 real ones each"
    return table(caption, ["engine", "simplejwt", "Gatehouse"], rows)


def sign_in(found: dict[str, Any]) -> dict[str, Any]:
    rows = [
        [engine, f"{one['sign_in']['hash']:.0f}", f"{one['sign_in']['session']:.1f}"]
        for engine, one in found.items()
    ]
    caption = "A sign-in in CPU ms: Argon2 with Django's parameters, and all that follows it"
    return table(caption, ["engine", "the password's hash", "session and tokens"], rows)


def purge(found: dict[str, Any]) -> dict[str, Any]:
    rows = []
    for engine, one in found.items():
        each = one["purge"]
        cells = [f"{each['deleted']:,}", f"{each['seconds']:.0f}", f"{each['refreshes']:,}"]
        rows.append([engine, *cells, f"{each['median']:.0f}", f"{each['slowest']:.0f}"])
    caption = "`purge_sessions` in one thread, refreshes in another of the same process, in wall ms"
    head = ["engine", "rows deleted", "seconds", "refreshes", "median, ms", "slowest, ms"]
    return table(caption, head, rows)
