"""Security events: what happened to whom, when and from where (ASVS 5.0 16.2, 16.3).

`record` writes the row and sends `recorded`; observers (mails, the lab's flow view) hang on that
signal, control flow never does. No event holds a token, a password, a cookie or a hash.
"""

import ipaddress
import logging
import time
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import QuerySet
from django.dispatch import Signal
from django.http import HttpRequest

from accounts import devices, subjects
from accounts.memory import BoundedMemory
from accounts.models import SecurityEvent, Session

log = logging.getLogger("accounts.events")

# Sent with `event`, after its row was written.
recorded = Signal()

# What each kind means, in the words that people read.
KINDS = {
    "signed_in": "Signed in",
    "sign_in_failed": "A sign-in failed",
    "throttled": "Too many failed attempts",
    "signed_out": "Signed out",
    "session_ended": "A session was ended",
    "others_ended": "All other sessions were ended",
    "reauthenticated": "Confirmed again who it is",
    "reauthentication_failed": "A wrong password was entered again",
    "refresh_reused": "An older copy of a sign-in was used",
    "session_ahead": "A sign-in newer than the server knows was used",
    "csrf_failed": "A request from another site was refused",
    "rights_changed": "Rights were changed",
    "account_created": "The account was created",
    "identity_linked": "A sign-in through the identity provider was added",
    "identity_unlinked": "A sign-in through the identity provider was removed",
    "identity_link_sent": "A link to add a sign-in through the identity provider was sent",
    "password_changed": "The password was changed",
    "password_reset_sent": "A link to reset the password was sent",
    "password_reset": "The password was reset",
    "email_change_requested": "A new e-mail address was asked for",
    "email_changed": "The e-mail address was changed",
    "data_exported": "A copy of all data was downloaded",
    "admin_signed_in": "Signed in to the administration",
    "deactivated": "The account was deactivated",
    "reactivated": "The account was activated again",
    "deleted": "The account was deleted",
    "key_dropped": "A signing key was withdrawn",
    "mail_failed": "A mail could not be delivered",
}

# What deserves that somebody looks at it.
WARNINGS = {"refresh_reused", "session_ahead", "mail_failed"}


def record(
    kind: str,
    request: HttpRequest | None = None,
    *,
    user: AbstractBaseUser | None = None,
    session: Session | None = None,
    session_id: str = "",
    detail: dict[str, Any] | None = None,
) -> SecurityEvent:
    """Write one event. KeyError for a kind that has no words."""
    KINDS[kind]
    event = SecurityEvent.objects.create(
        kind=kind,
        user=user,  # type: ignore[misc]  # the stubs know this site's users alone
        session_id=session.id if session else session_id,
        **whence(request),
        detail=detail or {},
    )
    event.refresh_from_db(fields=["at"])
    level = logging.WARNING if kind in WARNINGS else logging.INFO
    subject = subjects.known(user) if user else None
    extra = {"user": subject.sub if subject else None, "session": event.session_id}
    log.log(level, kind, extra=extra)
    recorded.send(SecurityEvent, event=event)
    return event


# Rows that anyone can cause without a credential: so many a network and kind in each process,
# then the log alone, so that a flood of refusals is no flood of writes.
UNASKED_ROWS = 20
UNASKED_SECONDS = 600.0
_unasked: BoundedMemory[tuple[str, str], tuple[float, int]] = BoundedMemory(4096)


def record_unasked(
    kind: str, request: HttpRequest, *, detail: dict[str, Any] | None = None
) -> SecurityEvent | None:
    """`record` for what an anonymous caller can repeat at will; None once it is only logged."""
    key, now = (kind, network_of(request)), time.monotonic()
    since, count = _unasked.get(key) or (now, 0)
    if now - since > UNASKED_SECONDS:
        since, count = now, 0
    _unasked.put(key, (since, count + 1))
    if count < UNASKED_ROWS:
        return record(kind, request, detail=detail)
    log.info("%s (not stored)", kind, extra={"address": address_of(request), "detail": detail})
    return None


def whence(request: HttpRequest | None) -> dict[str, str]:
    """Where a request came from, as rows keep it."""
    return {"address": address_of(request), "user_agent": user_agent_of(request)}


def address_of(request: HttpRequest | None) -> str:
    """The caller's address, as `accounts.middleware.ClientAddress` found it."""
    return getattr(request, "client_address", "") if request is not None else ""


def network_of(request: HttpRequest | None) -> str:
    """The caller's network: an IPv4 address, or an IPv6 /64, which is one customer."""
    address = address_of(request)
    if ":" in address:
        return str(ipaddress.ip_network(f"{address}/64", strict=False))
    return address


def user_agent_of(request: HttpRequest | None) -> str:
    """The browser's own description, cut to what the column holds, without control characters."""
    if request is None:
        return ""
    text = request.META.get("HTTP_USER_AGENT", "")
    return "".join(letter for letter in text if letter.isprintable())[:300]


def audit(*, user: str = "", kind: str = "") -> QuerySet[SecurityEvent]:
    """Everyone's events, newest first; of one user (id or name), of one kind."""
    found = SecurityEvent.objects.select_related("user__gatehouse_subject").order_by("-id")
    if user:
        user = user.replace("\0", "")
        whose = subjects.with_sub(user) or subjects.find(user)
        found = found.filter(user=whose) if whose else found.none()
    if kind:
        found = found.filter(kind=kind.replace("\0", ""))
    return found


def user_of(event: SecurityEvent) -> dict[str, Any] | None:
    """Whose event it is, as staff see them; None if it belongs to nobody (any more)."""
    return subjects.describe(event.user) if event.user else None


def device_of(event: SecurityEvent) -> str:
    """The event's browser and system in words."""
    return devices.describe(event.user_agent)
