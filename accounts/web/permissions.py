"""Decide what a caller may do, by scopes in the token and step-up in the session's row."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models.functions import Now
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from ..conf import LEEWAY_SECONDS, STEP_UP_SECONDS
from ..errors import InsufficientScope, NotAuthenticated, ReauthenticationRequired
from ..models import Session

if TYPE_CHECKING:
    from rest_framework.views import APIView  # at run time DRF imports this module itself


class SignedIn(BasePermission):
    """Allow any good access token."""

    def has_permission(self, request: Request, view: APIView) -> bool:
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
            raise InsufficientScope(f"{needed} is needed")
        return True


class RecentlyAuthenticated(SignedIn):
    """Allow callers who entered their password within the last five minutes (ASVS 5.0 7.5)."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        super().has_permission(request, view)
        recent = Session.objects.filter(
            id=getattr(request.auth, "sid", ""),
            ended_at=None,
            authenticated_at__gt=Now() - timedelta(seconds=STEP_UP_SECONDS),
            # A time in the future does not count: the clock has stepped back.
            authenticated_at__lte=Now() + timedelta(seconds=LEEWAY_SECONDS),
        )
        if not recent.exists():
            raise ReauthenticationRequired
        return True
