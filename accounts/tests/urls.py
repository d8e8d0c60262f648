"""The core's paths, and protected views that stand for a project's own."""

from typing import Any, ClassVar

from django.http import HttpRequest
from django.urls import include, path
from rest_framework import permissions
from rest_framework.authentication import BasicAuthentication
from rest_framework.response import Response
from rest_framework.throttling import UserRateThrottle
from rest_framework.views import APIView, exception_handler

from .. import urls as core
from ..web.authentication import TokenAuthentication
from ..web.base import ProtectedEndpoint
from ..web.permissions import RecentlyAuthenticated, ScopedAccess


class Whoami(ProtectedEndpoint):
    """Says who asks."""

    def get(self, request: HttpRequest, **kwargs: str) -> Response:
        claims = self.claims
        return Response({"id": claims.sub, "scope": sorted(claims.scope), "session": claims.sid})


class Probe(Whoami):
    """What is posted is kept, so that tests see whether it arrived."""

    kept: ClassVar[list[str]] = []

    def post(self, request: HttpRequest) -> Response:
        self.kept.append(self.claims.sub)
        return Response({}, status=201)


class OneProbe(Whoami):
    """Whatever is done to it, nothing that was posted is left."""

    def delete(self, request: HttpRequest, **kwargs: str) -> Response:
        Probe.kept.clear()
        return Response(status=204)

    put = patch = delete


class Usual(APIView):
    """What Django REST framework does where a project sets nothing, but for the credential."""

    authentication_classes: Any = (TokenAuthentication,)
    permission_classes: Any = (permissions.IsAuthenticated,)
    throttle_classes: Any = ()

    def get_exception_handler(self) -> Any:
        return exception_handler

    def get(self, request: Any) -> Response:
        return Response({"name": request.user.get_username(), "session": request.auth.sid})


class Hourly(UserRateThrottle):
    rate = "1/hour"


class Throttled(Usual):
    throttle_classes = (Hourly,)


class Unasked(Usual):
    permission_classes = ()

    def get(self, request: Any) -> Response:
        return Response({"session": request.auth.sid})


class Scoped(Usual):
    authentication_classes = (TokenAuthentication, BasicAuthentication)
    permission_classes = (ScopedAccess,)
    scopes: ClassVar[dict[str, str]] = {"*": "audit:read"}


class SteppedUp(Scoped):
    permission_classes = (RecentlyAuthenticated,)


class Claims(Usual):
    def get(self, request: Any) -> Response:
        who = request.user
        known = bool(who), who.is_authenticated, who.is_anonymous, who.claims is request.auth
        scope = sorted(who.scope)
        return Response({"sub": who.sub, "scope": scope, "session": who.session_id, "known": known})


urlpatterns = [
    path("", include(core)),
    path("probe", Probe.as_view()),
    path("probe/<str:name>", OneProbe.as_view()),
    path("usual/me", Usual.as_view()),
    path("usual/throttled", Throttled.as_view()),
    path("usual/unasked", Unasked.as_view()),
    path("usual/scoped", Scoped.as_view()),
    path("usual/stepped-up", SteppedUp.as_view()),
    path("usual/claims", Claims.as_view()),
]
