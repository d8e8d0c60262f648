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
from tests.servers import Gatehouse


@pytest.fixture
def sqlite(tmp_path: Path, django_db_blocker: Any) -> Iterator[BaseDatabaseWrapper]:
    """A connection of Django's with the settings of a server, to a file of its own."""
    entry = database.from_path(tmp_path / "db.sqlite3")
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


ODD = [
    "a#b",
    "a?b=c",
    "a%41b",
    "a%b",
    "a b",
    "a;b&c",
    "file:a",
    "Ünï",
    "علی",
    "a\\b",
    "a'b\"c",
    "$HOME",
]


@pytest.mark.parametrize("name", ODD)
def test_database_lies_where_its_path_says_whatever_that_holds(
    tmp_path: Path, name: str, django_db_blocker: Any
) -> None:
    """Elsewhere it would have other readers, or be the database of another clone too."""
    (tmp_path / name).mkdir()
    entry = database.from_path(tmp_path / name / "db.sqlite3")
    connection = ConnectionHandler({"default": entry})["default"]
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE here (id)")
    connection.close()

    with closing(sqlite3.connect(tmp_path / name / "db.sqlite3")) as made:
        assert made.execute("SELECT name FROM sqlite_master").fetchall() == [("here",)]
    assert list(tmp_path.iterdir()) == [tmp_path / name]


def test_data_folder_with_odd_letters_holds_all_that_the_server_writes(tmp_path: Path) -> None:
    """The settings as well as what builds on them."""
    data_dir = tmp_path / "clone #2 ?x=%41 é" / "var"

    Gatehouse(data_dir).manage("migrate", "gatehouse", "0001", "--verbosity=0")

    assert {"db.sqlite3", "secret-key"} <= {path.name for path in data_dir.iterdir()}
    assert list(tmp_path.rglob("*.sqlite3")) == [data_dir / "db.sqlite3"]


def test_path_in_an_address_is_read_as_other_programs_read_it() -> None:
    """RFC 3986 section 2.1: whoever writes an address writes such letters in percent form."""
    entry = database.from_url("sqlite:////srv/a%23b%3Fc%2541%20d/db.sqlite3")

    assert entry["NAME"] == "/srv/a#b?c%41 d/db.sqlite3"
