"""Read the database from its URL, and set it up for a server."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from weakref import WeakSet

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from django.db.backends.base.base import BaseDatabaseWrapper

ENGINES = ("django.db.backends.sqlite3", "django.db.backends.postgresql")
FORMS = "sqlite:///path or postgres://user:password@host/name, with # as %23, ? as %3F, % as %25"

SQLITE = {
    # IMMEDIATE removes "database is locked" from read-then-write transactions. Full sync, because a
    # sign-out that was answered must survive a power cut.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
}

# The revocation feed reads a fixed period back: no transaction may commit later than that.
LIMITS = "-c statement_timeout=30s -c lock_timeout=10s -c idle_in_transaction_session_timeout=30s"

POSTGRESQL = {
    "connect_timeout": 3,
    # A database whose network is gone answers nothing, not even that: the kernel gives up.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 10_000,
    "pool": {
        # For each server process. Its threads share them: a request holds one from its first
        # query to its end, and one that waits for a turn to hash a password holds none.
        "min_size": 1,
        "max_size": 10,
        # Seconds after which one that nobody needed is closed. After a restart of the database all
        # that a pool holds are dead, and whoever takes one after the other waits ever longer: a
        # process that nobody asked meanwhile must not hold more than one.
        "max_idle": 3,
        # How long a request waits for one before it is answered 503.
        "timeout": 5,
        # Kept below the default of minutes: a database that is back is used at once.
        "reconnect_timeout": 3,
    },
}


def from_path(path: Path) -> dict[str, Any]:
    """Return the entry of DATABASES for a file of SQLite, whatever letters its path holds."""
    return from_url("sqlite:///") | {"NAME": str(path)}


def from_url(url: str) -> dict[str, Any]:
    """Return the entry of DATABASES for `sqlite:///...` or `postgres://...`.

    Keep `?sslmode=...` and its like. Raise ImproperlyConfigured for any other URL.
    """
    try:
        found: dict[str, Any] = dict(dj_database_url.parse(url, conn_health_checks=True))
        parts = urlsplit(url)
        parse_qsl(parts.query, strict_parsing=bool(parts.query))
    except ValueError:  # a port, a scheme, or a query without names
        found, parts = {"ENGINE": ""}, urlsplit("")
    # What follows a bare # would be dropped: the rest of a path, or of a password.
    if found["ENGINE"] not in ENGINES or parts.fragment:
        raise ImproperlyConfigured(f"GATEHOUSE_DATABASE_URL must be {FORMS}.")  # without secrets
    given = found.get("OPTIONS", {})
    if found["ENGINE"] == ENGINES[0]:
        return {**found, "CONN_MAX_AGE": 60, "OPTIONS": {**SQLITE, **given}}
    options = f"{given.pop('options', '')} {LIMITS}".strip()
    return {**found, "OPTIONS": {**POSTGRESQL, **given, "options": options}}


_limited: WeakSet[Any] = WeakSet()


def limit_transactions(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Bound whole transactions, once for each connection, where the server can (PostgreSQL 17).

    Not a start-up option: an older server refuses a connection that names what it does not know.
    """
    if connection.vendor != "postgresql" or connection.connection in _limited:
        return
    _limited.add(connection.connection)
    if connection.connection.info.server_version >= 170000:
        with connection.cursor() as cursor:
            cursor.execute("SET transaction_timeout = '30s'")
