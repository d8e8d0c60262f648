"""The two statements of a refresh, by hand: the ORM takes longer to build them than they take.

For `accounts.liveness`, which reads sessions, and `accounts.sessions`, which alone changes them.
"""

from datetime import datetime
from functools import cache
from typing import Any

from django.db import connection

from accounts import clock
from accounts.models import Session, User

SESSION = tuple(field.attname for field in Session._meta.concrete_fields)
# What tokens and answers say of a user; the password's hash is not read. In the model's order,
# which is the only one that `from_db` knows.
NEEDED = {"id", "sub", "email", "name", "is_active", "is_staff", "ver"}
USER = tuple(f.attname for f in User._meta.concrete_fields if f.attname in NEEDED)


def find(session_id: str) -> tuple[Session, datetime] | None:
    """The session of this id with its user, and the database's clock; None if there is none."""
    with connection.cursor() as cursor:
        cursor.execute(_select(clock.sql()), [session_id])
        row = cursor.fetchone()
    if row is None:
        return None
    *values, now = map(_in_utc, row)
    cut = len(SESSION)
    session = Session.from_db(connection.alias, SESSION, values[:cut])
    if session.user_id is not None:
        session.user = User.from_db(connection.alias, USER, values[cut:])
    return session, clock.moment(now)


def advance(session: Session, idle_expires_at: datetime, *, past: bool) -> bool:
    """Move the row one generation on, unless it has ended or moved since it was read.

    `past` passes over a generation whose answer was lost: the one before it stays the previous
    one, and a confirmation that came in meanwhile stops the move.
    """
    generation = session.generation
    adapted = connection.ops.adapt_datetimefield_value(idle_expires_at)
    previous = session.previous_generation if past else generation
    with connection.cursor() as cursor:
        cursor.execute(
            _update(clock.sql(), past),
            [generation + 1, previous, adapted, session.id, generation],
        )
        return bool(cursor.rowcount)


@cache
def _select(now: str) -> str:
    columns = [f's."{name}"' for name in SESSION] + [f'u."{name}"' for name in USER]
    return (
        f'SELECT {", ".join(columns)}, {now} FROM "accounts_session" s'  # noqa: S608  (ours alone)
        ' LEFT JOIN "accounts_user" u ON u."id" = s."user_id" WHERE s."id" = %s'
    )


@cache
def _update(now: str, past: bool) -> str:
    return (
        'UPDATE "accounts_session" SET "generation" = %s, "previous_generation" = %s,'  # noqa: S608
        f' "idle_expires_at" = %s, "rotated_at" = {now}, "last_used_at" = {now},'
        ' "confirmed_at" = NULL WHERE "id" = %s AND "generation" = %s AND "ended_at" IS NULL'
        + (' AND "confirmed_at" IS NULL' if past else "")
    )


def _in_utc(value: Any) -> Any:
    return clock.moment(value) if isinstance(value, datetime) else value
