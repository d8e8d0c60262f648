"""Records what the server saw and did for one request, for the browser that asked to watch.

It observes lab.instrument and the security events, and nothing depends on it. What it keeps has
been through lab.redaction: no token, no password, no CSRF token, no session key.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from dataclasses import replace
from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.audit.models import SecurityEvent
from accounts.conf import conf
from accounts.signals import happened
from lab import benches, jar, redaction
from lab.instrument import Call, watch
from lab.models import Bench

# What belongs to the eight steps; pages, scripts and the lab's own log do not.
PATHS = ("/auth/", "/api/", "/learn/api/hello", "/lab/")

_events: ContextVar[list[dict[str, Any]] | None] = ContextVar("lab_events", default=None)


def interested(request: HttpRequest) -> bool:
    return request.path.startswith(PATHS)


def record(
    bench: Bench,
    request: HttpRequest,
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> HttpResponseBase:
    """Answer the request, watched, and note what happened in the bench's log."""
    calls: list[Call] = []
    began = time.perf_counter()
    with events() as written, watch(lambda call: calls.append(as_it_was(call))):
        response = get_response(request)
    seconds = time.perf_counter() - began
    # Read now, not while they ran: reading facts calls the very functions that are watched.
    steps = redaction.steps(calls, began)
    entry = {
        "method": request.method,
        "path": request.path,
        "status": response.status_code,
        "ms": round(seconds * 1000, 1),
        "received": redaction.received(request),
        "steps": steps,
        "sent": redaction.sent(response),
        "events": written,
    }
    benches.note(bench, "request", entry, request.request_id)  # type: ignore[attr-defined]
    response.headers["Server-Timing"] = redaction.server_timing(steps, seconds)
    return response


def as_it_was(call: Call) -> Call:
    """A row that moves on after it was judged is kept as it was judged."""
    if call.name != "accounts.sessions.judgement.judge":
        return call
    session, *rest = call.arguments
    return replace(call, arguments=(copy(session), *rest))


@contextmanager
def events() -> Iterator[list[dict[str, Any]]]:
    """The security events that are written until the context ends."""
    found: list[dict[str, Any]] = []
    token = _events.set(found)
    try:
        yield found
    finally:
        _events.reset(token)


@receiver(happened)
def keep_event(sender: None, kind: str, detail: dict[str, Any], **kwargs: Any) -> None:
    """Copy an event into the record."""
    written = _events.get()
    if written is not None:
        written.append({"kind": kind, "detail": detail})


@receiver(post_save, sender=SecurityEvent)
def drop_row(sender: type[SecurityEvent], instance: SecurityEvent, **kwargs: Any) -> None:
    """Delete the row of an event of the lab: the audit log is about the site's own people."""
    if conf.cookie_mark == jar.MARK:  # the lab's settings, in whichever variant
        instance.delete()
