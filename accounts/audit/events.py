"""Keep the log of security events: what happened to whom, when, from where (ASVS 5.0 16.2, 16.3).

Each event that `accounts.signals` tells of becomes a row and a log line. No event holds a token, a
password, a cookie or a hash. Other apps find events here that they show to staff.
"""

import logging
import time
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import QuerySet
from django.dispatch import receiver
from django.http import HttpRequest
from rest_framework import serializers

from .. import callers, subjects
from ..bounded_cache import BoundedMemory
from ..models import Session
from ..signals import ALARMS, exporting, happened
from ..web.bodies import Moment
from .models import SecurityEvent

log = logging.getLogger("gatehouse.audit.events")

# Anyone can cause these rows, without a credential. Each process writes so many of a kind for a
# network, and after that only log lines: a flood of refusals must not be a flood of writes.
ANONYMOUS_ROWS = 20
ANONYMOUS_SECONDS = 600.0
_anonymous: BoundedMemory[tuple[str, str], tuple[float, int]] = BoundedMemory(4096)


class Event(serializers.Serializer[Any]):
    """One security event as its owner sees it."""

    id = serializers.CharField()
    kind = serializers.CharField()
    at = Moment()
    address = serializers.CharField()
    device = serializers.SerializerMethodField()
    session_id = serializers.CharField()

    def get_device(self, event: Any) -> str:
        return device_of(event)


@receiver(happened)
def record(
    sender: None,
    *,
    kind: str,
    request: HttpRequest | None,
    user: AbstractBaseUser | None,
    session: Session | None,
    detail: dict[str, Any],
    anonymous: bool,
    **kwargs: Any,
) -> None:
    """Write the row and the log line.

    Write the line alone for an anonymous event if its network has no room left.
    """
    if anonymous and not has_room(kind, callers.network_of(request)):
        where = {"address": callers.address_of(request), "detail": detail}
        log.info("%s (not stored)", kind, extra=where)
        return
    session_id = session.id if session else ""
    SecurityEvent.objects.create(
        kind=kind,
        user=user,  # type: ignore[misc]  # the stubs know this site's users alone
        session_id=session_id,
        detail=detail,
        **callers.caller_fields(request),
    )
    level = logging.WARNING if kind in ALARMS else logging.INFO
    subject = subjects.known(user) if user else None
    extra = {"user": subject.sub if subject else None, "session": session_id}
    log.log(level, kind, extra=extra)


def has_room(kind: str, network: str) -> bool:
    """Count an anonymous event, and return whether this network may have one more row of it."""
    key, now = (kind, network), time.monotonic()
    since, count = _anonymous.get(key) or (now, 0)
    if now - since > ANONYMOUS_SECONDS:
        since, count = now, 0
    _anonymous.put(key, (since, count + 1))
    return count < ANONYMOUS_ROWS


@receiver(exporting)
def export(sender: None, user: AbstractBaseUser, **kwargs: Any) -> dict[str, Any]:
    """Return a person's events, for the copy of all their data."""
    found = SecurityEvent.objects.filter(user_id=user.pk).order_by("-id")
    return {"events": Event(found, many=True).data}


def audit(*, user: str = "", kind: str = "") -> QuerySet[SecurityEvent]:
    """Return everyone's events, or those of one user (id or name) and of one kind, newest first."""
    found = SecurityEvent.objects.select_related("user__gatehouse_subject").order_by("-id")
    if user:
        user = user.replace("\0", "")
        whose = subjects.with_sub(user) or subjects.find(user)
        found = found.filter(user=whose) if whose else found.none()
    if kind:
        found = found.filter(kind=kind.replace("\0", ""))
    return found


def user_of(event: SecurityEvent) -> dict[str, Any] | None:
    """Return whose event it is, as staff see them. Return None if it is nobody's (any more)."""
    return subjects.describe(event.user) if event.user else None


def device_of(event: SecurityEvent) -> str:
    """Return the event's browser and system in words."""
    return callers.device(event.user_agent)
