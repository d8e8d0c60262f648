"""Measures refreshes, what they leave in tables, a sign-in and the purge, on one engine.

A process of its own, since Django has one database for life; prints what it found as JSON.
"""

import json
import statistics
import sys
import threading
import time
from collections.abc import Callable
from io import StringIO
from typing import Any

import django
from django.core.management import call_command
from django.db import connection

from bench import amount
from bench.paired import Cost, compare

PASSWORD = "walks on the beach at noon"
# Theirs is put into tables of this size too; beyond it that takes longer than it tells.
MOST_OF_THEIRS = 100_000
REFRESHES = amount(1000, 50)


def block(call: Callable[[], Any]) -> Callable[[int], Cost]:
    def run(count: int) -> Cost:
        wall, cpu = time.perf_counter(), time.thread_time()
        for _ in range(count):
            call()
        spent, took = time.thread_time() - cpu, time.perf_counter() - wall
        return Cost(spent / count * 1e6, took / count * 1e6)

    return run


def without_limit() -> None:
    """Let statements take longer than the app does: they make tables that are large."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")


def multiply(table: str, count: int, changed: dict[str, str]) -> None:
    """So many copies of a table's first row, with other values in the columns named here."""
    numbers = f"SELECT n FROM generate_series(1, {count}) AS series(n)"
    if connection.vendor == "sqlite":
        numbers = (
            "WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series"
            f" WHERE n < {count}) SELECT n FROM series"
        )
    with connection.cursor() as cursor:
        columns = [
            column.name
            for column in connection.introspection.get_table_description(cursor, table)
            if column.name != "id" or "id" in changed
        ]
        chosen = ", ".join(changed.get(name, f"one.{name}") for name in columns)
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {chosen}"
            f" FROM ({numbers}) AS numbers, (SELECT * FROM {table} LIMIT 1) AS one"
        )
        cursor.execute("ANALYZE")


def database_bytes() -> int:
    """Once what was written over has been given back."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM")
            cursor.execute("SELECT pg_database_size(current_database())")
            return int(cursor.fetchone()[0])
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
        return int(pages * cursor.execute("PRAGMA page_size").fetchone()[0])


class Ours:
    """One session that is refreshed over and over; each refresh rotates."""

    def __init__(self, user: Any) -> None:
        from accounts import sessions

        self.rotate = sessions.rotate
        self.token = sessions.start(
            user, evidence=sessions.BY_PASSWORD, client="web", remember=True
        ).refresh

    def __call__(self) -> None:
        self.token = self.rotate(self.token, client="web").refresh


class Theirs:
    """simplejwt's refresh with rotation and blacklist, as its documentation sets them."""

    def __init__(self, user: Any) -> None:
        from rest_framework_simplejwt.serializers import TokenRefreshSerializer
        from rest_framework_simplejwt.tokens import RefreshToken

        self.form = TokenRefreshSerializer
        self.token = str(RefreshToken.for_user(user))

    def __call__(self) -> None:
        form = self.form(data={"refresh": self.token})
        form.is_valid(raise_exception=True)
        self.token = form.validated_data["refresh"]


def growth(call: Callable[[], None]) -> float:
    """Megabytes that 100,000 refreshes would add, from fewer."""
    before = database_bytes()
    for _ in range(REFRESHES):
        call()
    return (database_bytes() - before) * (100_000 / REFRESHES) / 1e6


def refreshes(ours: Ours, theirs: Theirs, sizes: list[int]) -> list[dict[str, Any]]:
    found, have = [], 1
    for size in sizes:
        unique = f"'~{size}-' || numbers.n"  # no id of ours has this letter
        multiply("gatehouse_session", size - have, {"id": unique})
        if size <= MOST_OF_THEIRS:
            multiply("token_blacklist_outstandingtoken", size - have, {"jti": unique})
        have = size
        one = compare(block(theirs), block(ours), rounds=12, size=4)
        found.append({"rows": size, "theirs": one.a, "ours": one.b, "ratio": one.ratio.median})
        found[-1] |= {"low": one.ratio.low, "high": one.ratio.high, "wall": one.wall_ratio}
    return found


def sign_in(user: Any) -> dict[str, float]:
    """CPU milliseconds of the password's hash, and of all that follows it."""
    from django.contrib.auth import authenticate

    from accounts import sessions

    def start() -> None:
        sessions.start(user, evidence=sessions.BY_PASSWORD, client="web", remember=True)

    def verify() -> None:
        authenticate(username=user.email, password=PASSWORD)

    found = {}
    for name, call, times in (("hash", verify, 4), ("session", start, 20)):
        block(call)(1)
        # Of the whole process: Argon2 computes in threads of its own.
        cpu = time.process_time()
        block(call)(times)
        found[name] = (time.process_time() - cpu) / times * 1000
    return found


def purge(ours: Ours) -> dict[str, float]:
    """How long refreshes take while all but the live sessions are deleted."""
    from accounts.models import Session

    long_ago = (
        "created_at - interval '40 days'"
        if connection.vendor == "postgresql"
        else "datetime(created_at, '-40 days')"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE gatehouse_session SET ended_at = {long_ago}, end_reason = 'expired'"
            " WHERE id LIKE '~%%'"
        )
    rows = Session.objects.count()
    over, times = threading.Event(), []

    def clean() -> None:
        try:
            call_command("purge_sessions", stdout=StringIO(), stderr=StringIO())
        finally:
            connection.close()
            over.set()

    began = time.perf_counter()
    thread = threading.Thread(target=clean)
    thread.start()
    while not over.is_set():
        times.append(block(ours)(1).wall / 1000)
        time.sleep(0.02)
    thread.join()
    took = time.perf_counter() - began
    times.sort()
    found = {"deleted": rows - Session.objects.count(), "seconds": took, "refreshes": len(times)}
    return found | {"median": statistics.median(times), "slowest": times[-1]}


def main(sizes: list[int]) -> dict[str, Any]:
    from accounts.users.models import User

    without_limit()
    user = User.objects.create_user("bench@example.com", PASSWORD, name="Bench")
    other = User.objects.create_user("other@example.com", PASSWORD, name="Other")
    ours, theirs = Ours(user), Theirs(user)
    return {
        "sign_in": sign_in(other),
        "refreshes": refreshes(ours, theirs, sizes),
        "growth": {"ours": growth(ours), "theirs": growth(theirs)},
        "purge": purge(ours),
    }


if __name__ == "__main__":
    django.setup()
    call_command("migrate", verbosity=0)
    print(json.dumps(main([int(size) for size in sys.argv[1:]])))
