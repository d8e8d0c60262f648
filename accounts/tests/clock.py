"""A clock that tests steer: the database's own and the process's, together or apart.

The session algorithm takes every time from the database (STRFTIME on SQLite, STATEMENT_TIMESTAMP()
on PostgreSQL), tokens are dated and checked by the process's clock. Both are replaced underneath
the code that reads them: the SQL function by one of the same name, time.time by time-machine.
Column defaults (`created_at` of a user, `at` of an event) and time.monotonic stay real.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine
from django.db import connection
from django.db.backends.signals import connection_created

START = datetime(2031, 5, 4, 3, 2, 1, 234567, tzinfo=UTC)

# A function in a schema that is searched before pg_catalog hides the built-in one of its name.
POSTGRES = """
    CREATE SCHEMA IF NOT EXISTS steered;
    CREATE OR REPLACE FUNCTION steered.statement_timestamp() RETURNS timestamptz LANGUAGE sql STABLE
        AS $$ SELECT pg_catalog.current_setting('steered.now')::timestamptz $$;
    SET search_path = steered, public, pg_catalog;
"""


class SteeredClock:
    """Stands still until it is told to go on."""

    def __init__(self, process: Any) -> None:
        self._process = process
        self._sqlite = sqlite3.connect(":memory:")  # formats, with the real function
        self._skew = timedelta()
        self.now = START

    def start_again(self) -> None:
        self.now, self._skew = START, timedelta()
        self.tell(connection)

    def advance(self, seconds: float) -> None:
        """Let time pass for everyone."""
        self.now += timedelta(seconds=seconds)
        self.tell(connection)

    def part(self, seconds: float) -> None:
        """Put this process's clock ahead of the database's, or behind it."""
        self._skew = timedelta(seconds=seconds)
        self.tell(connection)

    @property
    def process_now(self) -> datetime:
        return self.now + self._skew

    def steer(self, connection: Any, **_: Any) -> None:
        """Take over the clock of a new connection."""
        if connection.vendor == "sqlite":
            connection.connection.create_function("strftime", -1, self._strftime)
        else:
            self.tell(connection)
            with connection.cursor() as cursor:
                cursor.execute(POSTGRES)

    def tell(self, connection: Any) -> None:
        self._process.move_to(self.process_now)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('steered.now', %s, false)", [str(self.now)])

    def _strftime(self, form: str, moment: str, *modifiers: str) -> str:
        if moment.upper() == "NOW":
            moment = self.now.strftime("%Y-%m-%d %H:%M:%S.%f")
        places = ", ".join("?" * (2 + len(modifiers)))
        query = f"SELECT STRFTIME({places})"
        return str(self._sqlite.execute(query, [form, moment, *modifiers]).fetchone()[0])


@contextmanager
def steered() -> Iterator[SteeredClock]:
    """A steered clock for this thread's connection; needs `transactional_db`."""
    connection.close()
    with time_machine.travel(START, tick=False) as process:
        clock = SteeredClock(process)
        connection_created.connect(clock.steer)
        try:
            yield clock
        finally:
            connection_created.disconnect(clock.steer)
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SET search_path = public; DROP SCHEMA steered CASCADE")
            connection.close()  # the next one has the real clock
            clock._sqlite.close()
