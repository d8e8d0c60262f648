"""The same endpoint on django-modern-rest, the token in a cookie."""

from typing import Any, TypedDict

from django.urls import include, path
from dmr import Controller
from dmr.plugins.msgspec import MsgspecSerializer
from dmr.security.jwt.auth import CookieJWTSyncAuth

from bench.stacks.peers import body


class Me(TypedDict):
    id: str
    session_id: str
    client_id: str
    scope: list[str]
    expires_at: str


class MeController(Controller[MsgspecSerializer]):
    auth = (CookieJWTSyncAuth(),)

    def get(self) -> Me:
        found: Any = body(str(self.request.user.pk))
        return Me(**found)


urlpatterns = [path("api/", include([path("me", MeController.as_view())]))]
