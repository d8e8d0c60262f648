"""Eight server processes write to one database at once: every refresh is answered and counted."""

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.engines.beside import working
from tests.engines.people import Visitor
from tests.servers import Gatehouse, Postgres

WORKERS = 8
COUNT = """
from django.db.models import Sum
from accounts.models import Session
found = Session.objects.filter(ended_at=None)
print(found.count(), found.aggregate(n=Sum("generation"))["n"])
"""


def load(server: Gatehouse, visitor_of: Callable[[str], Visitor], seconds: int) -> list[int]:
    """Eight people refresh as fast as they can, while old sessions are purged beside them."""
    visitors = [visitor_of(server.url) for _ in range(WORKERS)]
    for visitor in visitors:
        assert visitor.sign_in().status_code == 200
    statuses: list[int] = []

    def refresh(visitor: Visitor, over: threading.Event) -> None:
        while not over.is_set():
            statuses.append(visitor.send("POST", "/auth/refresh").status_code)

    end = time.monotonic() + seconds
    with working(*(partial(refresh, visitor) for visitor in visitors)):
        while time.monotonic() < end:
            server.manage("purge_sessions", "--days=0")
    return statuses


def expect_every_refresh(server: Gatehouse, statuses: list[int], capsys: Any) -> None:
    """Each was answered 200, and moved one generation by one."""
    sessions, generations = map(int, server.manage("shell", "-v0", "-c", COUNT).split())
    with capsys.disabled():
        print(f" {len(statuses)} refreshes", end="")
    assert set(statuses) == {200}
    assert len(statuses) > 50 * WORKERS
    assert sessions == WORKERS
    assert generations - sessions == len(statuses)
    assert "locked" not in server.log


@pytest.fixture
def settings_of_load() -> dict[str, int]:
    # No grace window: each refresh really rotates.
    return {"GATEHOUSE_WORKERS": WORKERS, "GATEHOUSE_THREADS": 4, "GATEHOUSE_GRACE_SECONDS": 0}


def test_eight_workers_refresh_on_sqlite_without_a_lock_error(
    serve: Callable[..., Gatehouse],
    visitor_of: Callable[[str], Visitor],
    settings_of_load: dict[str, int],
    capsys: Any,
) -> None:
    """Thirty seconds without one "database is locked", each commit on the disk."""
    server = serve(**settings_of_load)

    statuses = load(server, visitor_of, 30)

    expect_every_refresh(server, statuses, capsys)


def test_eight_workers_refresh_on_postgres(
    serve: Callable[..., Gatehouse],
    visitor_of: Callable[[str], Visitor],
    settings_of_load: dict[str, int],
    capsys: Any,
) -> None:
    """The same on the engine for several servers, through the pools of eight processes."""
    with Postgres() as database:
        server = serve(GATEHOUSE_DATABASE_URL=database.url, **settings_of_load)

        statuses = load(server, visitor_of, 10)

        expect_every_refresh(server, statuses, capsys)
