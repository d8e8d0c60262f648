"""The database's clock, which all servers share; a server's own may be off by seconds."""

import time
from datetime import UTC, datetime
from typing import Any

from django.db import connection

# The same expressions that Django's Now() compiles to.
EXPRESSIONS = {
    "sqlite": "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW')",
    "postgresql": "STATEMENT_TIMESTAMP()",
}


def sql() -> str:
    """The time as an expression of SQL, for statements with parameters."""
    return EXPRESSIONS[connection.vendor]


def database_now() -> datetime:
    """The database's time, in UTC."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {sql()}", [])
        return moment(cursor.fetchone()[0])


def seconds_ahead() -> float:
    """Return by how many seconds at least this server's clock is ahead of the database's.

    The number is negative if it is behind. The database looked at its own clock at some moment
    while it was asked.
    """
    before = time.time()
    theirs = database_now().timestamp()
    return max(before - theirs, 0) or min(time.time() - theirs, 0)


def moment(found: Any) -> datetime:
    """A time as a cursor hands it over; SQLite has no type that says it is UTC."""
    read = datetime.fromisoformat(found) if isinstance(found, str) else found
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
