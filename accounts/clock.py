"""The database's clock, which all servers share; a server's own may be off by seconds."""

from datetime import UTC, datetime

from django.db import connection

# The same expressions that Django's Now() compiles to; SQLite has no type that says it is UTC.
QUERIES = {
    "sqlite": "SELECT STRFTIME('%Y-%m-%d %H:%M:%f+00:00', 'NOW')",
    "postgresql": "SELECT STATEMENT_TIMESTAMP()",
}


def database_now() -> datetime:
    """The database's time, in UTC."""
    with connection.cursor() as cursor:
        cursor.execute(QUERIES[connection.vendor])
        found: datetime | str = cursor.fetchone()[0]
    moment = datetime.fromisoformat(found) if isinstance(found, str) else found
    return moment.astimezone(UTC)
