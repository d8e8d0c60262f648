"""The database's clock, which all servers share; a server's own may be off by seconds."""

from datetime import UTC, datetime

from django.db import connection
from django.utils.dateparse import parse_datetime

# The same expressions that Django's Now() compiles to.
QUERIES = {
    "sqlite": "SELECT STRFTIME('%Y-%m-%d %H:%M:%f', 'NOW')",
    "postgresql": "SELECT STATEMENT_TIMESTAMP()",
}


def database_now() -> datetime:
    """The database's time, in UTC."""
    with connection.cursor() as cursor:
        cursor.execute(QUERIES[connection.vendor])
        found = cursor.fetchone()[0]
    if isinstance(found, str):
        found = parse_datetime(found)
    if found.tzinfo is None:
        return found.replace(tzinfo=UTC)
    return found.astimezone(UTC)
