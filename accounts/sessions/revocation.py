"""The revocation feed: what lets a stateless token die before it expires.

Serves step 7. Validation asks no database. Each process keeps the sessions that ended, and the
users whose `ver` rose, within the longest life of an access token; each poll reads that whole
period again, because a cursor on id or time would miss a transaction that commits late. On one
machine a revocation counts before the revoking answer is sent: the writer commits, then makes the
counter file one byte longer; a reader compares its length on each request. Across machines it
takes the poll interval. A feed that cannot be read closes the API: 503, not open.
"""

import logging
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Now

from .. import subjects
from ..conf import LEEWAY_SECONDS, conf
from ..errors import RevokedSession, Unavailable
from ..models import Session, Subject
from ..tokens.claims import AccessClaims
from . import counter

log = logging.getLogger("gatehouse")

# Beyond a token's life: transactions are limited to 30 s, and clocks differ a little.
MARGIN_SECONDS = 60

# A feed older than this is not believed any more.
STALE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Feed:
    """What one reading saw. `read_at` is this process's monotonic clock, taken before it."""

    ended: frozenset[str]
    inactive: frozenset[str]  # users' `sub`
    versions: dict[str, int]
    counter: int
    read_at: float


_feed: Feed | None = None
_tried_at = _failed_at = float("-inf")
_lock = threading.Lock()


def period() -> timedelta:
    """How far back a reading looks: for so long after its end a session's tokens may still verify,
    and so long its row must stay."""
    return timedelta(seconds=conf.longest_access_seconds + LEEWAY_SECONDS + MARGIN_SECONDS)


def check(claims: AccessClaims) -> None:
    """Refuse a token whose session has ended, or whose user is inactive or has other rights now."""
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


def announce() -> None:
    """Tell every process on this machine to read the feed again before its next answer."""
    counter.bump()
    if connection.in_atomic_block:
        # A process that read in between has seen nothing yet: tell them again.
        transaction.on_commit(counter.bump)


def current() -> Feed:
    """The feed: read again when the counter moved or the poll is due. Unavailable if too old."""
    feed, now = _feed, time.monotonic()
    if feed is None or feed.counter != counter.length():
        return _catch_up()
    if now - feed.read_at > STALE_SECONDS and _failed_at < feed.read_at:
        return _catch_up()  # nobody has asked this process for a while: nothing is wrong
    interval = min(conf.revocation_poll_seconds, STALE_SECONDS)
    if now - feed.read_at < interval:
        return feed
    # One thread reads, at most once a poll interval; the others go on with what they have.
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


def _catch_up() -> Feed:
    """The feed, when what this process knows has been overtaken: wait for whoever reads, or read.

    While the database is away a reading takes as long as giving up on it: those that waited
    behind one which failed do not try again one after the other.
    """
    asked_at = time.monotonic()
    if not _lock.acquire(timeout=STALE_SECONDS):
        raise Unavailable("the revocation feed is being read for too long")
    try:
        feed, oldest = _feed, time.monotonic() - STALE_SECONDS
        if feed and feed.counter == counter.length() and feed.read_at > oldest:
            return feed
        if _failed_at > asked_at:
            raise Unavailable("the revocation feed could not be read")
        return _read()
    finally:
        _lock.release()


def _read() -> Feed:
    global _feed, _tried_at, _failed_at
    _tried_at = now = time.monotonic()
    counter.revisit()
    length = counter.length()  # before the rows: a bump that follows must be seen as one
    since = Now() - period()
    try:
        # Past its idle end by so much, no token of a session verifies: not the million that a purge
        # has just ended.
        recent = Session.objects.filter(ended_at__gt=since, idle_expires_at__gt=since)
        ended = recent.values_list("id", flat=True)
        raised = Subject.objects.filter(ver_raised_at__gt=since).values_list("sub", "ver")
        _feed = Feed(frozenset(ended), frozenset(_inactive()), dict(raised), length, now)
    except (DatabaseError, InterfaceError) as error:
        log.error("the revocation feed cannot be read: %s", error)
        connection.close()
        _failed_at = time.monotonic()
        raise Unavailable("the revocation feed cannot be read") from error
    return _feed


def _inactive() -> QuerySet[Any, str]:
    """Return the `sub` of inactive users with live sessions.

    There are some only after a bulk update, which tells nobody: every other way ends them. One look
    into an index for each inactive user. A join would read every live session of the table.
    Our own user model has an index of the inactive. Another model is read as a whole, or needs one.
    """
    live = Session.objects.filter(user=OuterRef("pk"), ended_at=None).values("id")[:1]
    inactive = subjects.rows().filter(subjects.inactive()).annotate(live=Subquery(live))
    found: QuerySet[Any, str] = inactive.filter(live__isnull=False).values_list(
        "gatehouse_subject__sub", flat=True
    )
    return found


def _ask(claims: AccessClaims) -> None:
    """The strict mode: one indexed query a request, no feed."""
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


def reset() -> None:
    """Forget the feed, as a new process would."""
    global _feed, _tried_at, _failed_at
    _feed, _tried_at, _failed_at = None, float("-inf"), float("-inf")
