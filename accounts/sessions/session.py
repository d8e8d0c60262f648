"""Start, rotate and end sessions: the only writer of `Session`.

Serves steps 3 and 8. One row per session, however often it is refreshed. A refresh token carries
`sid`, `gen` and `key`; `judge` decides from the row alone what a generation deserves, and one
conditional UPDATE rotates, so that any number of servers move the generation by exactly one
(RFC 9700 section 4.14.2). All times are the database's clock.
Leaves out: what rotation cannot do. A thief who refreshes within the grace window of the owner
every time, or whose victim never comes back, is not caught by it.
"""

import logging
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import DatabaseError, InterfaceError, transaction
from django.db.models import F, QuerySet, TextField, Value
from django.db.models.functions import Concat, Now
from django.http import HttpRequest

from .. import callers, rows, signals, subjects, tokens
from ..bounded_cache import BoundedMemory
from ..conf import STEP_UP_SECONDS, conf
from ..errors import RefreshReused, SessionEnded
from ..models import Session, Subject
from ..tokens import key_store
from ..tokens.claims import Issued
from . import clock, liveness, revocation, rotation
from .rotation import Verdict

log = logging.getLogger("gatehouse")

# More live sessions than any person has devices; beyond it the oldest ends (ASVS 5.0 7.1.2).
# Browsers and programs are counted apart: a script that signs in each time it runs must not sign
# out a person.
MOST_LIVE = 100


def start(
    user: AbstractBaseUser,
    *,
    client: str,
    remember: bool,
    request: HttpRequest | None = None,
    method: str = "password",
    fresh: bool = True,
) -> Issued:
    """A new session for someone whose credentials were just checked, and its first tokens.

    InvalidCredentials if the user is no longer as they were checked.
    Not `fresh`: an identity provider knew the person from before and asked them for nothing, which
    is no step-up.
    """
    now = clock.database_now()
    key = secrets.token_urlsafe(32)
    session = Session(
        client=client,
        method=method,
        key_hash=liveness.hash_key(key),
        signing_kids=key_store.ring().active_kid,
        **_times(now, remember=remember, fresh=fresh),
        **callers.caller_fields(request),
    )
    with transaction.atomic():
        # Held until the end: a password changed meanwhile ends the new session, or is seen here.
        session.user = subjects.lock_unchanged(user)
        subjects.of(session.user)
        session.save(force_insert=True)
        signals.tell("signed_in", request, user=session.user, session=session)
        _end_oldest(session, request)
    return tokens.issue(session, key, now)


def _times(now: datetime, *, remember: bool, fresh: bool) -> dict[str, Any]:
    """What a session that starts now says about time."""
    idle, absolute = conf.lifetimes(remember)
    return {
        **dict.fromkeys(("created_at", "rotated_at", "last_used_at"), now),
        "authenticated_at": now if fresh else now - timedelta(seconds=STEP_UP_SECONDS),
        "idle_seconds": idle,
        "idle_expires_at": now + timedelta(seconds=min(idle, absolute)),
        "absolute_expires_at": now + timedelta(seconds=absolute),
    }


def rotate(token: str, *, client: str, request: HttpRequest | None = None) -> Issued:
    """The tokens that a refresh token earns; SessionEnded or RefreshReused if it earns none.

    What ends a session here is committed before the refusal is raised: a rollback that follows
    the exception must not undo it.
    """
    claims = liveness.claims_of(token, client)
    # Where another request rotates first, the second turn answers from the new row.
    for _ in range(5):
        session, now = liveness.load(claims)
        verdict = rotation.judge(session, claims.gen, now)
        if verdict is Verdict.REUSE:
            _end_reused(session, claims.gen, request)
            raise RefreshReused(f"generation {claims.gen} came back at {session.generation}")
        if verdict is Verdict.AHEAD:
            signals.tell("session_ahead", request, user=session.user, session=session)
            raise SessionEnded(f"generation {claims.gen} is ahead of {session.generation}")
        if verdict is Verdict.ANSWER or _advance(session, verdict, now):
            _note_key(session)
            # A plain rotation is no news; how often answers get lost is.
            level = logging.DEBUG if verdict is Verdict.ROTATE else logging.INFO
            log.log(level, "refreshed %s: %s", session.id, verdict.value)
            return tokens.issue(session, claims.key, now)
    raise SessionEnded("the session changed under five readings")


def _advance(session: Session, verdict: Verdict, now: datetime) -> bool:
    """Move the row one generation on, if it still is as it was judged."""
    ends = now + timedelta(seconds=session.idle_seconds)
    ends = min(ends, session.absolute_expires_at)
    # Past a lost answer, a confirmation that came in meanwhile means reuse: judge again.
    if not rows.advance(session, ends, past=verdict is Verdict.ROTATE_PAST):
        return False
    session.generation += 1
    session.idle_expires_at = ends
    return True


def _note_key(session: Session) -> None:
    """Before a key signs for this session the first time, so that dropping it ends the session."""
    kid = key_store.ring().active_kid
    if kid not in session.signing_kids:
        unnoted = Session.objects.filter(id=session.id).exclude(signing_kids__contains=kid)
        noted = Concat("signing_kids", Value(f" {kid}"), output_field=TextField())
        unnoted.update(signing_kids=noted)


# Sessions' generations that this process has confirmed, or seen to need no confirmation.
confirmed: BoundedMemory[tuple[str, int], bool] = BoundedMemory(8192)


def confirm(session_id: str, generation: int) -> None:
    """Note that an access token of this generation arrived: its answer was not lost.

    Before the view and apart from it: if it fails the request goes on, and the next one tries.
    """
    if confirmed.get((session_id, generation)):
        return
    unconfirmed = Session.objects.filter(
        id=session_id, generation=generation, confirmed_at=None, ended_at=None
    )
    try:
        if unconfirmed.exists():
            unconfirmed.update(confirmed_at=Now(), last_used_at=Now())
    except (DatabaseError, InterfaceError):
        log.warning("session %s could not be confirmed", session_id, exc_info=True)
        return
    # Inside somebody's transaction this is remembered only once it is committed.
    transaction.on_commit(lambda: confirmed.put((session_id, generation), True))


def end(sessions: "QuerySet[Session]", reason: str) -> int:
    """End those of the sessions that still live; says how many. Effective at once."""
    ended = sessions.filter(ended_at=None).update(ended_at=Now(), end_reason=reason)
    if ended:
        revocation.announce()
    return ended


def end_all_of(user: AbstractBaseUser, reason: str, *, keep: str = "") -> int:
    """End every session of a user, or every one but `keep`, and return how many.

    Sessions of Django's, the administration's, end too. They are not counted.
    """
    # Before the sessions' rows, as `start` does: two that lock both in another order wait forever.
    Subject.objects.filter(user_id=user.pk).update(endings=F("endings") + 1)
    subjects.forget(user)
    return end(Session.objects.filter(user_id=user.pk).exclude(id=keep), reason)


def end_everyones(reason: str) -> int:
    """End every session of everyone, as `end_all_of` does, and return how many."""
    Subject.objects.update(endings=F("endings") + 1)
    return end(Session.objects.all(), reason)


def reauthenticated(session: Session) -> None:
    """Renew the session's step-up time: the password was just entered again."""
    Session.objects.filter(id=session.id, ended_at=None).update(authenticated_at=Now())


def _end_reused(session: Session, generation: int, request: HttpRequest | None) -> None:
    with transaction.atomic():
        if end(Session.objects.filter(id=session.id), "reuse_detected"):
            detail = {"presented": generation, "current": session.generation}
            signals.tell(
                "refresh_reused", request, user=session.user, session=session, detail=detail
            )


def _end_oldest(newest: Session, request: HttpRequest | None) -> None:
    """End what goes beyond the limit for this kind of client, the longest unused first."""
    live = Session.objects.filter(user=newest.user, client=newest.client, ended_at=None)
    for session in live.order_by("-last_used_at", "-created_at")[MOST_LIVE:]:
        if end(Session.objects.filter(id=session.id), "too_many"):
            detail = {"reason": "too_many", "client": session.client}
            signals.tell("session_ended", request, user=newest.user, session=session, detail=detail)
