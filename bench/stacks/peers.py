"""The same endpoint behind each peer's authentication, with everything else as DRF has it."""

from typing import Any

from rest_framework import negotiation, parsers, renderers, views
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response


class PeerView(views.APIView):
    """Django REST framework's own defaults, also where a project has set others."""

    renderer_classes = (renderers.JSONRenderer, renderers.BrowsableAPIRenderer)
    parser_classes = (parsers.JSONParser, parsers.FormParser, parsers.MultiPartParser)
    content_negotiation_class = negotiation.DefaultContentNegotiation
    authentication_classes: tuple[type, ...] = ()
    permission_classes: tuple[type, ...] = (IsAuthenticated,)

    def get_exception_handler(self) -> Any:
        return views.exception_handler

    def get(self, request: Any) -> Response:
        return Response(body(str(getattr(request.user, "pk", ""))))


def body(user_id: str) -> dict[str, Any]:
    """The JSON that every stack answers with, as long as Gatehouse's own."""
    return {
        "id": user_id.ljust(22, "-"),
        "session_id": "hT4kPzq0WnVb2LrYc8sXdA",
        "client_id": "web",
        "scope": ["notes:read", "notes:write"],
        "expires_at": "2030-01-01T00:00:00Z",
    }


class OpenView(PeerView):
    permission_classes = ()


class SessionView(PeerView):
    authentication_classes = (SessionAuthentication,)


def view_for(peer: str) -> type[PeerView]:
    """The view of a peer; its package is imported only where it is installed in the project."""
    if peer in ("open", "session"):
        return {"open": OpenView, "session": SessionView}[peer]
    if peer == "dj-rest-auth":
        from dj_rest_auth.jwt_auth import JWTCookieAuthentication as Authentication
    elif peer == "simplejwt":
        from rest_framework_simplejwt.authentication import JWTAuthentication as Authentication
    elif peer == "simplejwt-stateless":
        from rest_framework_simplejwt.authentication import (
            JWTStatelessUserAuthentication as Authentication,
        )
    elif peer == "jwt-allauth":
        from jwt_allauth.authentication import JWTAllAuthAuthentication as Authentication
    else:
        from allauth.headless.contrib.rest_framework.authentication import (
            JWTTokenAuthentication as Authentication,
        )
    return type("View", (PeerView,), {"authentication_classes": (Authentication,)})


# What dj-rest-auth's documentation says for JWTs in cookies.
REST_AUTH = {
    "USE_JWT": True,
    "JWT_AUTH_COOKIE": "my-app-auth",
    "JWT_AUTH_REFRESH_COOKIE": "my-refresh-token",
    "JWT_AUTH_HTTPONLY": True,
    "JWT_AUTH_COOKIE_USE_CSRF": True,
}
