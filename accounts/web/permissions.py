"""Decide what a caller may do, by claims in the token and step-up in the session's row."""

import time
from typing import Any

from django.http import HttpRequest
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from .. import sessions, signals, subjects
from ..conf import LEEWAY_SECONDS, conf
from ..errors import (
    BindingRequired,
    InsufficientScope,
    InsufficientUserAuthentication,
    InvalidToken,
    NotAuthenticated,
    ReauthenticationRequired,
)
from ..evidence import TWO
from ..models import Session


def django_request(request: Request) -> HttpRequest:
    """Return Django's request inside that of DRF, which is all that DRF's own classes are given."""
    return request._request


class SignedIn(BasePermission):
    """Allow any good access token."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not getattr(request.user, "is_authenticated", False):
            raise NotAuthenticated
        return True


class ScopedAccess(SignedIn):
    """Allow a good access token that carries the scope for this method: `view.scopes`.

    `scopes` maps methods to scopes, with `*` for all others.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        super().has_permission(request, view)
        scopes: dict[str, str] = view.scopes
        needed = scopes.get(request.method or "", scopes["*"])
        if needed not in getattr(request.auth, "scope", ()):  # other credentials have no scopes
            if subjects.must_be_bound(request.user) and needed in conf.staff_scopes:
                raise BindingRequired
            raise InsufficientScope(f"{needed} is needed")
        return True


class ProvenByDevice(SignedIn):
    """Allow callers whose device proves the key of a bound session for this very request.

    Everybody else's sessions are bound to none (accounts.binding). Raise InvalidToken for a token
    from before the binding, which names no key: a copy of it must not do without the device. Its
    page refreshes and gets one that does.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        super().has_permission(request, view)
        claims: Any = request.auth
        sid, jkt = getattr(claims, "sid", ""), getattr(claims, "jkt", "")  # others name neither
        if Session.objects.filter(id=sid).exclude(jkt=jkt).exists():
            raise InvalidToken("the session was bound after this token was issued")
        if jkt:
            signals.holding_now.send(
                None, request=django_request(request), session_id=claims.sid, jkt=claims.jkt
            )
        return True


class RecentlyAuthenticated(ProvenByDevice):
    """Allow callers who entered their password within the last five minutes (ASVS 5.0 7.5).

    Where the session is bound, its device has to prove itself besides.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        SignedIn.has_permission(self, request, view)
        if not sessions.recent(Session.objects.filter(id=getattr(request.auth, "sid", ""))):
            raise ReauthenticationRequired
        return super().has_permission(request, view)


class SufficientlyAuthenticated(SignedIn):
    """Allow tokens of a sign-in that is strong and recent enough, without asking the database.

    `view.acr` is the weakest `acr` that will do, a second factor where the view names none.
    `view.max_age` is for how many seconds a sign-in or step-up counts, where the view names it.
    The refusal is that of RFC 9470.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        super().has_permission(request, view)
        acr, max_age = getattr(view, "acr", TWO), getattr(view, "max_age", None)
        # Other credentials than our tokens say neither.
        proven, at = getattr(request.auth, "acr", ""), getattr(request.auth, "auth_time", 0)
        too_old = max_age is not None and time.time() > at + max_age + LEEWAY_SECONDS
        if proven < acr or too_old:
            raise InsufficientUserAuthentication(acr=acr, max_age=max_age)
        return True
