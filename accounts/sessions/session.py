"""Start, find, confirm and end sessions: with `rotation`, the only writer of `Session`.

There is one row per session, however often it is refreshed. All times are the database's clock,
which all servers share. A server's own clock may be off by seconds.
"""

import hashlib
import logging
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.db.models.sql import Query
from django.http import HttpRequest

from .. import callers, signals, subjects, tokens
from ..bounded_cache import BoundedMemory
from ..conf import LEEWAY_SECONDS, STEP_UP_SECONDS, conf
from ..errors import SecondFactorRequired
from ..evidence import ONE, Evidence, level, values
from ..models import Session, Subject
from ..tokens import key_store
from ..tokens.claims import Issued
from . import revocation
from .possession import check_key

log = logging.getLogger("gatehouse")

# More live sessions than any person has devices. Beyond it the oldest ends (ASVS 5.0 7.1.2).
# Browsers and programs are counted apart: a script that signs in each time it runs must not sign
# out a person.
MOST_LIVE = 100

# The sessions' generations that this process has confirmed, or found confirmed or replaced.
confirmed: BoundedMemory[tuple[str, int], bool] = BoundedMemory(8192)


def start(
    user: AbstractBaseUser,
    *,
    evidence: Sequence[Evidence],
    client: str,
    remember: bool,
    request: HttpRequest | None = None,
) -> Issued:
    """Start a session for someone who has just proven who they are. Return its first tokens.

    This is the one place where sessions start. Raise SecondFactorRequired if the evidence is not
    enough here, InvalidCredentials if the user has changed meanwhile, and what `check_key` raises.
    """
    now = database_now()
    key = secrets.token_urlsafe(32)
    session = Session(
        client=client,
        method=evidence[0].how,
        key_hash=hash_key(key),
        signing_kids=key_store.ring().active_kid,
        credential=" ".join(one.credential for one in evidence if one.credential),
        **_times(now, remember=remember),
        **_proven(now, evidence),
        jkt=check_key(request, client, starting=True),
        **callers.caller_fields(request),
    )
    with transaction.atomic():
        # The lock is held until the end. A password change that runs at the same time either ends
        # the new session or is noticed here.
        session.user = subjects.lock_unchanged(user)
        require(session.user, evidence)
        _use_up(evidence)
        subjects.of(session.user)
        session.save(force_insert=True)
        signals.tell("signed_in", request, user=session.user, session=session)
        _end_oldest(session, request)
    return tokens.issue(session, key, now)


def require(
    user: AbstractBaseUser, evidence: Sequence[Evidence], request: HttpRequest | None = None
) -> None:
    """Raise SecondFactorRequired if the evidence is not enough for this person.

    Each part that is installed is asked. One that fails refuses.
    With a request the refusal is an event. A transaction of the caller would undo it.
    """
    answers = signals.lacking.send(None, user=user, evidence=evidence)
    missing = [method for _, methods in answers for method in methods or ()]
    if missing:
        if request is not None:
            signals.tell("second_factor_asked", request, user=user)
        raise SecondFactorRequired(methods=missing)


def require_again(session: Session, user: AbstractBaseUser, evidence: Sequence[Evidence]) -> None:
    """Raise SecondFactorRequired if the evidence is no step-up for this person in this session.

    One factor is none where an identity provider has asked for two: nobody here can ask for the
    other one. It would either take the session's strength away or pass for more than it is.
    """
    require(user, evidence)
    if session.method == "oidc" and level(evidence) == ONE != session.acr:
        raise SecondFactorRequired


def _use_up(evidence: Sequence[Evidence]) -> None:
    """Use up what works only once. Raise InvalidCredentials if it was used meanwhile."""
    for one in evidence:
        if one.use_up is not None:
            one.use_up()


def recent(found: QuerySet[Session]) -> list[Evidence]:
    """Return what was proven in these sessions within the last five minutes (ASVS 5.0 7.5)."""
    now = Now()
    fresh = found.annotate(now=now).filter(
        ended_at=None,
        idle_expires_at__gt=now,
        absolute_expires_at__gt=now,
        authenticated_at__gt=now - timedelta(seconds=STEP_UP_SECONDS),
        # A time in the future does not count: the clock has stepped back.
        authenticated_at__lte=now + timedelta(seconds=LEEWAY_SECONDS),
    )
    return [
        Evidence(
            how=session.method,
            amr=tuple(session.amr.split()),
            acr=session.acr,
            age=max(0.0, (session.now - session.authenticated_at).total_seconds()),
        )
        for session in fresh
    ]


def _proven(now: datetime, evidence: Sequence[Evidence]) -> dict[str, Any]:
    """Return the columns that say what was proven, and when the strongest of it was."""
    acr = level(evidence)
    age = min(one.age for one in evidence if one.acr == acr)
    return {
        "authenticated_at": now - timedelta(seconds=age),
        "amr": " ".join(values(evidence)),
        "acr": acr,
    }


def _times(now: datetime, *, remember: bool) -> dict[str, Any]:
    """Return the columns about time of a session that starts now."""
    idle, absolute = conf.lifetimes(remember)
    return {
        **dict.fromkeys(("created_at", "rotated_at", "last_used_at"), now),
        "idle_seconds": idle,
        "idle_expires_at": now + timedelta(seconds=min(idle, absolute)),
        "absolute_expires_at": now + timedelta(seconds=absolute),
    }


def find_live(session_id: str, user_sub: str) -> Session | None:
    """Return the live session with this id and user, or None. Its user is loaded with it."""
    session = (
        Session.objects.select_related("user__gatehouse_subject")
        .annotate(now=Now())
        .filter(id=session_id, user__gatehouse_subject__sub=user_sub)
        .first()
    )
    if session is None or why_not_live(session, session.now):
        return None
    return session


def why_not_live(session: Session, now: datetime) -> str:
    """Return why this session is over, or an empty text if it is live."""
    if session.ended_at is not None:
        return f"ended: {session.end_reason}"
    if now >= session.idle_expires_at or now >= session.absolute_expires_at:
        return "past its deadline"
    if session.user is None or not session.user.is_active:
        return "the user is gone or inactive"
    return ""


def hash_key(key: str) -> str:
    """Return what the row keeps of a refresh token's `key`.

    The key is random enough for a plain SHA-256.
    """
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def confirm(session_id: str, generation: int) -> None:
    """Note that an access token of this generation arrived, so its answer was not lost.

    Runs before the view, in its own transaction. If it fails, the request continues and the next
    request tries again.
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
    # If the caller has a transaction open, remember it only once that is committed.
    transaction.on_commit(lambda: confirmed.put((session_id, generation), True))


def reauthenticated(session: Session, evidence: Sequence[Evidence]) -> None:
    """Renew the session's step-up time, because its person has just proven again who they are.

    The row says from now on what was proven now. Raise SecondFactorRequired if it is not enough.
    """
    with transaction.atomic():
        # The lock is held until the end. A factor that is added at the same time comes before, and
        # is asked for, or comes after, and forgets this step-up.
        require_again(session, subjects.lock(session.user_id), evidence)
        _use_up(evidence)
        proven = _proven(database_now(), evidence)
        Session.objects.filter(id=session.id, ended_at=None).update(**proven)


def forget_step_ups(user: AbstractBaseUser, *, keep: str) -> None:
    """End the step-up times of a person's sessions, except that of the session with the id `keep`.

    They were earned with less than this person has to prove from now on.
    """
    old = Now() - timedelta(seconds=STEP_UP_SECONDS)
    Session.objects.filter(user_id=user.pk, ended_at=None, authenticated_at__gt=old).exclude(
        id=keep
    ).update(authenticated_at=old)


def forget_second_factors(user: AbstractBaseUser) -> None:
    """Have a person's sessions say no more that they have shown a second factor: it is gone."""
    strong = Session.objects.filter(user_id=user.pk, ended_at=None).exclude(acr=ONE)
    strong.update(acr=ONE, amr="")


def end(ending: QuerySet[Session], reason: str) -> int:
    """End those of the sessions that are still live, at once. Return how many there were."""
    ended = ending.filter(ended_at=None).update(ended_at=Now(), end_reason=reason)
    if ended:
        revocation.tell_other_processes()
    return ended


def end_all_of(user: AbstractBaseUser, reason: str, *, keep: str = "") -> int:
    """End every session of a user except the one with the id `keep`. Return how many ended.

    The user's sessions of Django, such as those of the administration, end too. They are not
    counted.
    """
    # The subject is locked before the sessions, as in `start`. Two flows that lock both in a
    # different order would wait for each other forever.
    Subject.objects.filter(user_id=user.pk).update(endings=F("endings") + 1)
    subjects.forget(user)
    signals.ending_all.send(None, user=user, reason=reason, keep=keep)
    return end(Session.objects.filter(user_id=user.pk).exclude(id=keep), reason)


def end_everyones(reason: str) -> int:
    """End every session of everyone, as `end_all_of` does. Return how many ended."""
    Subject.objects.update(endings=F("endings") + 1)
    signals.ending_all.send(None, user=None, reason=reason, keep="")
    return end(Session.objects.all(), reason)


def sign_out(leaving: QuerySet[Session], request: HttpRequest) -> None:
    """End these sessions, with an event for each one that was live.

    If revoking or recording fails, the transaction rolls back and the session stays live. Signing
    out again ends it.
    """
    for session in leaving.filter(ended_at=None).select_related("user"):
        with transaction.atomic():
            if end(Session.objects.filter(id=session.id), "signed_out"):
                signals.tell("signed_out", request, user=session.user, session=session)


def _end_oldest(newest: Session, request: HttpRequest | None) -> None:
    """End the sessions beyond the limit for this kind of client, the longest unused first."""
    live = Session.objects.filter(user=newest.user, client=newest.client, ended_at=None)
    for session in live.order_by("-last_used_at", "-created_at")[MOST_LIVE:]:
        if end(Session.objects.filter(id=session.id), "too_many"):
            detail = {"reason": "too_many", "client": session.client}
            signals.tell("session_ended", request, user=newest.user, session=session, detail=detail)


def database_now() -> datetime:
    """Return the database's time, in UTC."""
    query = Query(None)  # a query without a table
    query.add_annotation(Now(), "now")
    ((now,),) = query.get_compiler(connection.alias).results_iter()
    found: datetime = now
    return found
