"""PostgreSQL as a server uses it: a bounded pool, limited transactions, lost connections."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import psycopg
import pytest
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler

from project import database
from tests.engines.beside import wait_until
from tests.servers import Postgres


@pytest.fixture(scope="module")
def cluster() -> Iterator[Postgres]:
    """This machine's PostgreSQL."""
    with Postgres() as server:
        yield server


@pytest.fixture(autouse=True)
def _unblocked(django_db_blocker: Any) -> Iterator[None]:
    """These databases are not the one that pytest-django guards."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def handler(cluster: Postgres) -> Iterator[ConnectionHandler]:
    """Connections with the settings of a server: one for each thread, all from one pool."""
    connections = ConnectionHandler({"default": database.from_url(cluster.url)})
    yield connections
    close(connections)


def close(connections: ConnectionHandler) -> None:
    connections["default"].close()
    connections["default"].close_pool()


def ask(connection: BaseDatabaseWrapper, sql: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def count_backends(connection: BaseDatabaseWrapper) -> object:
    return ask(
        connection, "SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE 'client%'"
    )


def test_threads_share_a_bounded_pool(handler: ConnectionHandler) -> None:
    """However many threads, no more than ten connections a process; each goes to the next."""

    def work(_: int) -> object:
        try:
            return count_backends(handler["default"])
        finally:
            handler["default"].close()  # what the end of a request does

    with ThreadPoolExecutor(32) as pool:
        seen = list(pool.map(work, range(200)))

    assert len(seen) == 200
    assert max(seen) <= 10


def test_thread_that_gets_no_connection_is_told_in_time(handler: ConnectionHandler) -> None:
    """503 in seconds, not a thread that waits for ever; OperationalError becomes that."""
    all_taken, over = Barrier(11, timeout=30), Event()

    def hold() -> None:
        handler["default"].ensure_connection()
        all_taken.wait()
        over.wait(30)
        handler["default"].close()

    with ThreadPoolExecutor(10) as pool:
        holding = [pool.submit(hold) for _ in range(10)]
        all_taken.wait()
        start = time.monotonic()
        with pytest.raises(OperationalError):
            handler["default"].ensure_connection()
        waited = time.monotonic() - start
        over.set()
        for job in holding:
            job.result()

    assert waited < 30
    assert ask(handler["default"], "SELECT 1") == 1


def end_all_connections(cluster: Postgres) -> None:
    """As a restart of the database does."""
    outside = psycopg.connect(host=str(cluster.folder), user="postgres", dbname="postgres")
    with outside, outside.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        assert (True,) in cursor.fetchall()


def test_connection_that_was_lost_is_not_handed_out(
    cluster: Postgres, handler: ConnectionHandler
) -> None:
    """A restarted database costs the next request nothing but a new connection."""
    backend = ask(handler["default"], "SELECT pg_backend_pid()")
    handler["default"].close()

    end_all_connections(cluster)

    assert ask(handler["default"], "SELECT pg_backend_pid()") != backend


def test_pool_that_was_busy_once_is_not_full_of_dead_connections(
    cluster: Postgres, handler: ConnectionHandler
) -> None:
    """What ten requests at once needed is given up soon: taking ten dead ones takes too long."""
    options = handler["default"].settings_dict["OPTIONS"]["pool"]
    assert options["max_idle"] <= 3
    options["max_idle"] = 0.1  # the same, without the wait
    together = Barrier(10, timeout=30)

    def work(_: int) -> None:
        handler["default"].ensure_connection()
        together.wait()
        handler["default"].close()

    with ThreadPoolExecutor(10) as threads:
        list(threads.map(work, range(10)))
    pool = handler["default"].pool
    assert pool.get_stats()["pool_size"] == 10

    wait_until(lambda: pool.get_stats()["pool_size"] == 1)
    end_all_connections(cluster)

    assert ask(handler["default"], "SELECT 1") == 1


@pytest.mark.parametrize(
    ("setting", "limit"),
    [
        ("statement_timeout", "30s"),
        ("lock_timeout", "10s"),
        ("idle_in_transaction_session_timeout", "30s"),
    ],
)
def test_no_statement_and_no_idle_transaction_outlives_its_limit(
    handler: ConnectionHandler, setting: str, limit: str
) -> None:
    """The revocation feed looks back so far that nothing can commit behind its back."""
    assert ask(handler["default"], f"SHOW {setting}") == limit


def test_whole_transactions_are_limited_where_the_server_can() -> None:
    """PostgreSQL 17 and newer; each connection of the pool, and an older server is not asked."""
    with Postgres(newest=True) as server:
        connections = ConnectionHandler({"default": database.from_url(server.url)})
        connection = connections["default"]
        try:
            assert connection.pg_version >= 170000
            for _ in range(2):
                assert ask(connection, "SHOW transaction_timeout") == "30s"
                connection.close()
        finally:
            close(connections)
