"""The database behind GATEHOUSE_DATABASE_URL, set up for a server: what a real connection says."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler

from project import database


@pytest.fixture
def sqlite(tmp_path: Path, django_db_blocker: Any) -> Iterator[BaseDatabaseWrapper]:
    """A connection of Django's with the settings of a server, to a file of its own."""
    entry = database.from_url(f"sqlite:///{tmp_path / 'db.sqlite3'}")
    connection = ConnectionHandler({"default": entry})["default"]
    with django_db_blocker.unblock():
        yield connection
    connection.close()


def pragma(connection: BaseDatabaseWrapper, name: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {name}")
        return cursor.fetchone()[0]


def test_sqlite_is_set_for_many_processes_and_for_power_cuts(sqlite: BaseDatabaseWrapper) -> None:
    """Readers and the writer do not wait for each other; a commit is on the disk; writers queue."""
    full = 2

    assert pragma(sqlite, "journal_mode") == "wal"
    assert pragma(sqlite, "synchronous") == full
    assert pragma(sqlite, "busy_timeout") == 20_000


def test_sqlite_transaction_takes_the_write_lock_when_it_begins(
    sqlite: BaseDatabaseWrapper,
) -> None:
    """One that reads first and writes later could only fail when another has written meanwhile."""
    path = sqlite.settings_dict["NAME"]

    with closing(sqlite3.connect(path, timeout=0)) as other:
        # What transaction.atomic() does on entering its block.
        sqlite.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        sqlite.rollback()
        other.execute("BEGIN IMMEDIATE")


def test_options_of_the_address_are_kept() -> None:
    """A database elsewhere needs TLS: `?sslmode=verify-full` must not get lost."""
    entry = database.from_url(
        "postgres://gatehouse@db.example/gatehouse?sslmode=verify-full&options=-c%20jit%3Doff"
    )

    assert entry["OPTIONS"]["sslmode"] == "verify-full"
    assert entry["OPTIONS"]["options"].startswith("-c jit=off -c statement_timeout=30s ")
    assert entry["OPTIONS"]["pool"]["max_size"] == 10


def test_address_cannot_take_the_limits_away_from_the_next() -> None:
    """Each address gets settings of its own."""
    database.from_url("sqlite:///one?timeout=1")
    database.from_url("postgres://one/one?connect_timeout=1")

    assert database.from_url("sqlite:///two")["OPTIONS"]["timeout"] == 20
    assert database.from_url("postgres://two/two")["OPTIONS"]["connect_timeout"] == 3
