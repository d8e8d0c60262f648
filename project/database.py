"""The database from its URL, set up for a server."""

from typing import Any

import dj_database_url

SQLITE = {
    # IMMEDIATE removes "database is locked" from read-then-write transactions; full sync because
    # a sign-out that was answered must survive a power cut.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
}

POSTGRESQL = {
    "connect_timeout": 3,
    # The revocation feed reads a fixed period back: no transaction may commit later than that.
    "options": "-c statement_timeout=30s -c idle_in_transaction_session_timeout=30s",
}


def from_url(url: str) -> dict[str, Any]:
    """An entry of DATABASES for `sqlite:///...` or `postgres://...`."""
    found: dict[str, Any] = dict(
        dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True)
    )
    sqlite = found["ENGINE"] == "django.db.backends.sqlite3"
    return {**found, "OPTIONS": {**(SQLITE if sqlite else POSTGRESQL)}}
