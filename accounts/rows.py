"""The two statements of a refresh. The ORM takes five times as long to write them as they take.

So Django writes the one that reads once in each process, for whichever user model the project has.
For `sessions.liveness`, which reads sessions, and `accounts.sessions`, which alone changes them.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Model
from django.db.models.functions import Now
from django.db.models.sql import Query

from .models import Session, Subject


def find(session_id: str) -> tuple[Session, datetime] | None:
    """Return the session of this id, with its user and what tokens say of them, and the database's
    clock. Return None if there is no such session."""
    sql, converters = _reading()
    with connection.cursor() as cursor:
        cursor.execute(sql, [session_id])
        row = cursor.fetchone()
    if row is None:
        return None
    values = list(row)
    for place, (functions, expression) in converters.items():
        for convert in functions:
            values[place] = convert(values[place], expression, connection)
    now: datetime = values.pop()
    session, user, subject = _made(Session, values), _made(get_user_model(), values), values
    if session.user_id is not None:
        session.user = user
        if subject[0] is not None:
            _made(Subject, subject).user = user
    return session, now


def advance(session: Session, idle_expires_at: datetime, *, past: bool) -> bool:
    """Move the row one generation on, unless it has ended or moved since it was read.

    `past` passes over a generation whose answer was lost: the one before it stays the previous
    one, and a confirmation that came in meanwhile stops the move.
    """
    generation = session.generation
    adapted = connection.ops.adapt_datetimefield_value(idle_expires_at)
    previous = session.previous_generation if past else generation
    with connection.cursor() as cursor:
        cursor.execute(_update(past), [generation + 1, previous, adapted, session.id, generation])
        return bool(cursor.rowcount)


@cache
def _columns(model: type[Model]) -> Sequence[str]:
    """Return the columns that are read, in the model's order. No refresh needs the hash."""
    names = (field.attname for field in model._meta.concrete_fields)
    return [name for name in names if name != "password"]


def _made(model: type[Model], values: list[Any]) -> Any:
    """Return a row of the model, whose values are taken from the front of the list."""
    names = _columns(model)
    found = model.from_db(connection.alias, names, values[: len(names)])
    del values[: len(names)]
    return found


@cache
def _reading() -> tuple[str, dict[int, Any]]:
    """Return the statement that reads a session, and what makes Python's values of a row."""
    parts = ((Session, ""), (get_user_model(), "user__"), (Subject, "user__gatehouse_subject__"))
    names = [f"{path}{name}" for model, path in parts for name in _columns(model)]
    query = Session.objects.filter(id="").values_list(*names, Now()).query
    compiler = query.get_compiler(connection.alias)
    sql, _ = compiler.as_sql()
    return sql, compiler.get_converters([column[0] for column in compiler.select])


@cache
def _update(past: bool) -> str:
    now, _ = Query(None).get_compiler(connection.alias).compile(Now())
    return (
        f'UPDATE "{Session._meta.db_table}" SET "generation" = %s, "previous_generation" = %s,'  # noqa: S608  (ours alone)
        f' "idle_expires_at" = %s, "rotated_at" = {now}, "last_used_at" = {now},'
        ' "confirmed_at" = NULL WHERE "id" = %s AND "generation" = %s AND "ended_at" IS NULL'
        + (' AND "confirmed_at" IS NULL' if past else "")
    )
