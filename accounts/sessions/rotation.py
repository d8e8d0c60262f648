"""Rotate sessions, as a refresh token deserves (RFC 9700 section 4.14.2).

A refresh token carries `sid`, `gen` and `key`. `judgement` decides what its generation deserves.
One conditional UPDATE rotates, so any number of servers together move the generation by exactly
one. DECISIONS.md gives the reasons.
Rotation does not catch a thief who refreshes within the owner's grace window every time, or whose
victim never comes back.
"""

import hmac
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.db.models import Model, TextField, Value
from django.db.models.functions import Concat, Now
from django.db.models.sql import Query
from django.http import HttpRequest

from .. import signals, tokens
from ..errors import InvalidToken, RefreshReused, SessionEnded
from ..models import Session, Subject
from ..tokens import key_store
from ..tokens.claims import Issued, RefreshClaims
from . import judgement
from .judgement import Verdict
from .possession import require_key
from .session import end, hash_key, why_not_live

log = logging.getLogger("gatehouse")


def rotate(token: str, *, client: str, request: HttpRequest | None = None) -> Issued:
    """Return the tokens that a refresh token earns.

    Raise SessionEnded or RefreshReused if it earns none. What ends a session here is committed
    before the exception is raised, so that no rollback which follows can undo it. Raise what
    `require_key` raises, before anything is judged, if the session is bound to a key.
    """
    claims = claims_of(token, client)
    proven = ""
    # Another request may rotate between our reading and our UPDATE. Judge the new row then.
    for _ in range(5):
        session, now = load(claims)
        if session.jkt != proven:
            proven = session.jkt
            require_key(request, session.id, proven, client=client)
        verdict = judgement.judge(session, claims.gen, now)
        if verdict is Verdict.REUSE:
            _end_reused(session, claims.gen, request)
            signals.refreshed.send_robust(None, verdict=verdict.name.lower())
            raise RefreshReused(f"generation {claims.gen} came back at {session.generation}")
        if verdict is Verdict.AHEAD:
            signals.tell("session_ahead", request, user=session.user, session=session)
            signals.refreshed.send_robust(None, verdict=verdict.name.lower())
            raise SessionEnded(f"generation {claims.gen} is ahead of {session.generation}")
        if verdict is Verdict.ANSWER or _advance(session, verdict, now):
            _remember_signing_key(session)
            # A plain rotation is no news. How often answers get lost is.
            level = logging.DEBUG if verdict is Verdict.ROTATE else logging.INFO
            log.log(level, "refreshed %s: %s", session.id, verdict.value)
            signals.refreshed.send_robust(None, verdict=verdict.name.lower())
            return tokens.issue(session, claims.key, now)
    raise SessionEnded("the session changed under five readings")


def refreshable(token: str, *, client: str) -> Session:
    """Return the live session that a refresh token belongs to. Raise SessionEnded if none does."""
    return load(claims_of(token, client))[0]


def claims_of(token: str, client: str) -> RefreshClaims:
    """Return the claims of an authentic refresh token of this kind of client.

    Raise SessionEnded if it is none.
    """
    try:
        claims = tokens.verify_refresh(token)
    except InvalidToken as error:
        raise SessionEnded(str(error)) from error
    if claims.client_id != client:
        raise SessionEnded("a token of another kind of client")
    return claims


def load(claims: RefreshClaims) -> tuple[Session, datetime]:
    """Return the live session that a refresh token names, and the database's time.

    Raise SessionEnded if there is no such session, the key is wrong or the session is over.
    """
    found = read_row(claims.sid)
    if found is None:
        raise SessionEnded("unknown session")
    session, now = found
    if not hmac.compare_digest(session.key_hash, hash_key(claims.key)):
        raise SessionEnded("wrong key")
    refusal = why_not_live(session, now)
    if refusal:
        raise SessionEnded(refusal)
    return session, now


def _advance(session: Session, verdict: Verdict, now: datetime) -> bool:
    """Move the session one generation on. Return False if the row is not as it was judged.

    Past a lost answer, a confirmation that came in meanwhile stops the move: it means reuse.
    """
    ends = now + timedelta(seconds=session.idle_seconds)
    ends = min(ends, session.absolute_expires_at)
    if not update_row(session, ends, past=verdict is Verdict.ROTATE_PAST):
        return False
    session.generation += 1
    session.idle_expires_at = ends
    return True


def _remember_signing_key(session: Session) -> None:
    """Note the active key in the session's row, so that dropping the key ends the session."""
    kid = key_store.ring().active_kid
    if kid not in session.signing_kids:
        unnoted = Session.objects.filter(id=session.id).exclude(signing_kids__contains=kid)
        noted = Concat("signing_kids", Value(f" {kid}"), output_field=TextField())
        unnoted.update(signing_kids=noted)


def _end_reused(session: Session, generation: int, request: HttpRequest | None) -> None:
    """End the session because an older copy of its refresh token came back."""
    with transaction.atomic():
        if end(Session.objects.filter(id=session.id), "reuse_detected"):
            detail = {"presented": generation, "current": session.generation}
            signals.tell(
                "refresh_reused", request, user=session.user, session=session, detail=detail
            )


# Below are the two statements of a refresh. Building them with the ORM takes longer than running
# them (`./run bench statements` compares both), so Django writes the reading one once in each
# process, for whichever user model the project has.


def read_row(session_id: str) -> tuple[Session, datetime] | None:
    """Return the session of this id with its user and subject, and the database's time.

    Return None if there is no such session.
    """
    sql, converters = _select()
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


def update_row(session: Session, idle_expires_at: datetime, *, past: bool) -> bool:
    """Move the row one generation on. Return False if it has ended or moved since it was read.

    `past` passes over a generation whose answer was lost: the one before it stays the previous
    one, and the row must still be unconfirmed.
    """
    generation = session.generation
    adapted = connection.ops.adapt_datetimefield_value(idle_expires_at)
    previous = session.previous_generation if past else generation
    with connection.cursor() as cursor:
        cursor.execute(_update(past), [generation + 1, previous, adapted, session.id, generation])
        return bool(cursor.rowcount)


@cache
def _columns(model: type[Model]) -> Sequence[str]:
    """Return the columns to read, in the model's order. No refresh needs the password's hash."""
    names = (field.attname for field in model._meta.concrete_fields)
    return [name for name in names if name != "password"]


def _made(model: type[Model], values: list[Any]) -> Any:
    """Return an object of the model, and take its values from the front of the list."""
    names = _columns(model)
    found = model.from_db(connection.alias, names, values[: len(names)])
    del values[: len(names)]
    return found


@cache
def _select() -> tuple[str, dict[int, Any]]:
    """Return the statement that reads a session, and the converters of its columns."""
    parts = ((Session, ""), (get_user_model(), "user__"), (Subject, "user__gatehouse_subject__"))
    names = [f"{path}{name}" for model, path in parts for name in _columns(model)]
    query = Session.objects.filter(id="").values_list(*names, Now()).query
    compiler = query.get_compiler(connection.alias)
    sql, _ = compiler.as_sql()
    return sql, compiler.get_converters([column[0] for column in compiler.select])


@cache
def _update(past: bool) -> str:
    """Return the statement that moves a session one generation on."""
    now, _ = Query(None).get_compiler(connection.alias).compile(Now())
    return (
        f'UPDATE "{Session._meta.db_table}" SET "generation" = %s, "previous_generation" = %s,'  # noqa: S608  (ours alone)
        f' "idle_expires_at" = %s, "rotated_at" = {now}, "last_used_at" = {now},'
        ' "confirmed_at" = NULL WHERE "id" = %s AND "generation" = %s AND "ended_at" IS NULL'
        + (' AND "confirmed_at" IS NULL' if past else "")
    )
