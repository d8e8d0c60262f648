"""Refuse access tokens before they expire, without asking the database for each request.

`session` ends sessions. Here every process hears of it.
Each process keeps a feed: the sessions that ended, and the users whose `ver` rose, within the
longest life of an access token. Each poll reads that whole period again, because a cursor on id or
time would miss a transaction that commits late.
On one machine a revocation counts before the revoking answer is sent. The writer commits, then
makes the counter file one byte longer. A reader compares the file's length on each request. Other
machines learn of it at their next poll. While the feed cannot be read, the API answers 503.
"""

import logging
import os
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models.functions import Now

from .. import subjects
from ..conf import LEEWAY_SECONDS, conf
from ..errors import RevokedSession, Unavailable
from ..models import Session, Subject
from ..tokens.claims import AccessClaims

log = logging.getLogger("gatehouse")

# Added to a token's life, since transactions are limited to 30 s and clocks differ a little.
MARGIN_SECONDS = 60

# An older feed is not used.
STALE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Feed:
    """What one reading found. `read_at` is this process's monotonic clock before the reading."""

    ended: frozenset[str]
    inactive: frozenset[str]  # users' `sub`
    versions: dict[str, int]
    counter: int
    read_at: float


_feed: Feed | None = None
_tried_at = _failed_at = float("-inf")
_lock = threading.Lock()


def period() -> timedelta:
    """Return how far back a reading looks.

    For so long after a session's end its tokens may still verify, so its row must stay.
    """
    return timedelta(seconds=conf.longest_access_seconds + LEEWAY_SECONDS + MARGIN_SECONDS)


def check(claims: AccessClaims) -> None:
    """Raise RevokedSession if the token's session has ended or its user's rights have changed.

    Raise Unavailable if that cannot be known.
    """
    if conf.revocation_poll_seconds == 0:
        _ask(claims)
        return
    feed = current()
    if claims.sid in feed.ended:
        raise RevokedSession("the session has ended")
    if claims.sub in feed.inactive:
        raise RevokedSession("the user is inactive")
    if claims.ver < feed.versions.get(claims.sub, 0):
        raise RevokedSession("the user's rights have changed")


def tell_other_processes() -> None:
    """Have every process on this machine read the feed again before its next answer."""
    increment_counter()
    if connection.in_atomic_block:
        # A process that reads before the commit finds nothing yet, so tell them again after it.
        transaction.on_commit(increment_counter)


def current() -> Feed:
    """Return the feed, read again if the counter moved or the poll is due.

    Raise Unavailable if it is too old.
    """
    feed, now = _feed, time.monotonic()
    if feed is None or feed.counter != counter_length():
        return _catch_up()
    if now - feed.read_at > STALE_SECONDS and _failed_at < feed.read_at:
        return _catch_up()  # only because nobody has asked this process for a while
    interval = min(conf.revocation_poll_seconds, STALE_SECONDS)
    if now - feed.read_at < interval:
        return feed
    # One thread reads, at most once a poll interval. The others use the feed that there is.
    if now - _tried_at >= interval and _lock.acquire(blocking=False):
        try:
            return _read()
        except Unavailable:
            if now - feed.read_at > STALE_SECONDS:
                raise
        finally:
            _lock.release()
    if now - feed.read_at > STALE_SECONDS:
        raise Unavailable("the revocation feed is too old")
    return feed


def age() -> float:
    """Return for how many seconds the feed has not been read. It is infinite before the first."""
    return time.monotonic() - (_feed.read_at if _feed else float("-inf"))


def _catch_up() -> Feed:
    """Return a feed that is newer than this call: read it, or wait for the thread that reads.

    Raise Unavailable if that fails. While the database is down each reading takes until its
    timeout. So threads that waited for a reading which failed do not try again one by one.
    """
    asked_at = time.monotonic()
    if not _lock.acquire(timeout=STALE_SECONDS):
        raise Unavailable("the revocation feed is being read for too long")
    try:
        feed, oldest = _feed, time.monotonic() - STALE_SECONDS
        if feed and feed.counter == counter_length() and feed.read_at > oldest:
            return feed
        if _failed_at > asked_at:
            raise Unavailable("the revocation feed could not be read")
        return _read()
    finally:
        _lock.release()


def _read() -> Feed:
    """Read the feed. Raise Unavailable if the database or the counter cannot be read."""
    global _feed, _tried_at, _failed_at
    _tried_at = now = time.monotonic()
    reopen_counter()
    length = counter_length()  # before the rows, so that a later revocation is noticed
    try:
        found = []
        with connection.cursor() as cursor:
            for sql, parameters in _statements(period()):
                cursor.execute(sql, parameters)
                found.append(cursor.fetchall())
        ended, gone, raised = found
        _feed = Feed(
            frozenset(sid for (sid,) in ended),
            frozenset(sub for (sub,) in gone),
            dict(raised),
            length,
            now,
        )
    except (DatabaseError, InterfaceError) as error:
        log.error("the revocation feed cannot be read: %s", error)
        connection.close()
        _failed_at = time.monotonic()
        raise Unavailable("the revocation feed cannot be read") from error
    return _feed


@cache
def _statements(period: timedelta) -> list[tuple[str, tuple[Any, ...]]]:
    """Return the three statements of a reading with their parameters.

    Building them takes Django as long as the database takes to answer them.
    """
    since = Now() - period
    # Skip sessions whose tokens have all expired. Otherwise a purge that ends a million old
    # sessions would fill the feed.
    recent = Session.objects.filter(ended_at__gt=since, idle_expires_at__gt=since)
    # By an index of our own user model, whatever sessions there are. Any other model's table is
    # read. Only a bulk update, which sends no signal, leaves live sessions to these people.
    inactive = subjects.rows().filter(subjects.inactive())
    raised = Subject.objects.filter(ver_raised_at__gt=since)
    found = (
        recent.values_list("id"),
        inactive.values_list("gatehouse_subject__sub"),
        raised.values_list("sub", "ver"),
    )
    return [each.query.sql_with_params() for each in found]


def _ask(claims: AccessClaims) -> None:
    """Ask the database in place of the feed, with one indexed query a request.

    Raise RevokedSession or Unavailable as `check` does.
    """
    live = Session.objects.filter(
        subjects.active("user__"),
        id=claims.sid,
        ended_at=None,
        user__gatehouse_subject__sub=claims.sub,
        user__gatehouse_subject__ver__lte=claims.ver,
    )
    try:
        if not live.exists():
            raise RevokedSession("the session has ended or the user's rights have changed")
    except (DatabaseError, InterfaceError) as error:
        raise Unavailable("sessions cannot be read") from error


_descriptor: int | None = None
_descriptor_lock = threading.Lock()


def counter_length() -> int:
    """Return how many revocations this machine has seen. Raise Unavailable if that is unknown.

    Every request asks, so the file stays open and no path is looked up.
    """
    return os.lseek(reopen_counter() if _descriptor is None else _descriptor, 0, os.SEEK_END)


def reopen_counter() -> int:
    """Open the counter file, or reopen it if it was replaced. Return its descriptor.

    The descriptor keeps its number. Raise Unavailable if the file cannot be opened.
    """
    global _descriptor
    try:
        fresh = os.open(conf.revocation_counter, os.O_RDONLY | os.O_CREAT, 0o644)
    except OSError as error:
        raise Unavailable("the revocation counter cannot be opened") from error
    with _descriptor_lock:
        if _descriptor is None:
            _descriptor = fresh
            return fresh
        # dup2 replaces the file in one step, so other threads never find a closed descriptor.
        os.dup2(fresh, _descriptor, inheritable=False)
    os.close(fresh)
    return _descriptor


def increment_counter() -> None:
    """Make the counter file one byte longer. Raise Unavailable if that fails.

    Appending is atomic, so bytes of two processes cannot get lost.
    """
    try:
        with open(conf.revocation_counter, "ab", buffering=0) as file:
            file.write(b".")
    except OSError as error:
        raise Unavailable("the revocation counter cannot be written") from error


def reset() -> None:
    """Forget the feed, as a new process would."""
    global _feed, _tried_at, _failed_at
    _feed, _tried_at, _failed_at = None, float("-inf"), float("-inf")
