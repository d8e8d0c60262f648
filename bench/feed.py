"""Part `feed`: what one reading of the revocation feed takes, by people and sessions.

Run as a program it measures one engine, and prints what it found as JSON.
"""

import json
import statistics
from collections.abc import Callable
from typing import Any

import django
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench import amount, goals
from bench.refresh import run, table
from bench.refresh_worker import PASSWORD, block, multiply, without_limit
from tests.servers import Postgres

# People, each with a session.
SIZES = amount((10_000, 400_000), (1_000, 2_000))
INACTIVE = amount((0, 100, 10_000), (0, 100))
READINGS = amount(25, 3)


def measure() -> dict[str, Any]:
    with Postgres() as server:
        urls = {"SQLite": "", "PostgreSQL": server.url}
        found = {engine: run(url, "bench.feed", "project.settings") for engine, url in urls.items()}
    rows = [
        [engine, f"{people:,}", f"{inactive:,}", f"{took:.2f}"]
        for engine, each in found.items()
        for people, inactive, took in each["readings"]
    ]
    caption = (
        "One reading of the feed, which each process does once a second: wall time, median of "
        f"{READINGS}. Inactive are those whom a bulk update made so, with live sessions"
    )
    people = max(SIZES)
    asked = [
        one[2] for each in found.values() for one in each["readings"] if one[:2] == [people, 100]
    ]
    what = f"ms of a reading with {people:,} people and sessions, 100 inactive, slower engine"
    return {
        "tables": [table(caption, ["engine", "people", "inactive", "ms"], rows)],
        "plans": [
            {"caption": f"How {engine} finds them there", "lines": each["plans"]}
            for engine, each in found.items()
        ],
        "goals": [goals.at_most(what, max(asked), 2)],
    }


def main() -> dict[str, Any]:
    from accounts import sessions
    from accounts.sessions import revocation
    from accounts.users.models import User

    without_limit()
    user = User.objects.create_user("bench@example.com", PASSWORD)
    sessions.start(user, evidence=sessions.BY_PASSWORD, client="web", remember=True)

    def read() -> None:
        revocation.reset()
        revocation.current()

    found, have = [], 1
    for size in SIZES:
        add(user.pk, have, size)
        have = size
        for inactive in INACTIVE:
            User.objects.filter(is_active=False).update(is_active=True)
            User.objects.filter(pk__gt=user.pk, pk__lte=user.pk + inactive).update(is_active=False)
            settle()
            once = block(read)
            took = statistics.median(once(1).wall for _ in range(READINGS)) / 1000
            found.append((size, inactive, took))
            if inactive == 100:
                plans = explained(read)
    return {"readings": found, "plans": plans}


def explained(read: Callable[[], None]) -> list[str]:
    """The engine's own plans of the queries of one reading."""
    with CaptureQueriesContext(connection) as asked:
        read()
    explain = "EXPLAIN ANALYZE " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN "
    lines = []
    for query in asked.captured_queries:
        with connection.cursor() as cursor:
            cursor.execute(explain + query["sql"])
            lines += [str(row[-1]) for row in cursor.fetchall()]
    return lines


def settle() -> None:
    """Leave the statistics that each engine has in operation: SQLite gathers none by itself."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM ANALYZE")
        else:
            cursor.execute("DELETE FROM sqlite_stat1")
            cursor.execute("ANALYZE sqlite_schema")


def add(first: int, have: int, size: int) -> None:
    """Add people up to this number, each with a subject and a session."""
    after = f"{first + have - 1} + numbers.n"
    multiply("gatehouse_users_user", size - have, {"id": after, "email": f"'~' || ({after})"})
    changed = {"user_id": after, "sub": f"'~' || ({after})"}
    multiply("gatehouse_subject", size - have, changed)
    multiply("gatehouse_session", size - have, {"id": f"'~' || ({after})", "user_id": after})


if __name__ == "__main__":
    django.setup()
    call_command("migrate", verbosity=0)
    print(json.dumps(main()))
