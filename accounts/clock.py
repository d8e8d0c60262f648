"""The database's clock, which all servers share; a server's own may be off by seconds."""

from datetime import UTC, datetime

from django.db import connection

# The same expressions that Django's Now() compiles to.
QUERIES = {
    "sqlite": "SELECT STRFTIME('%Y-%m-%d %H:%M:%f', 'NOW')",
    "postgresql": "SELECT STATEMENT_TIMESTAMP()",
}


def database_now() -> datetime:
    """The database's time, in UTC."""
    with connection.cursor() as cursor:
        cursor.execute(QUERIES[connection.vendor])
        found: datetime | str = cursor.fetchone()[0]
    if isinstance(found, str):  # SQLite has no type for moments; this one is UTC
        return datetime.fromisoformat(found).replace(tzinfo=UTC)
    return found.astimezone(UTC)
