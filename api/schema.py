"""GET /api/schema: OpenAPI 3.1 of both servers, cookie, CSRF and Bearer schemes included."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.views import SpectacularJSONAPIView


class TokenScheme(OpenApiAuthenticationExtension):
    """The two ways in: the access cookie, with the CSRF header, or a Bearer token."""

    target_class = "accounts.authentication.TokenAuthentication"
    name = ["accessCookie", "bearer"]  # noqa: RUF012  (drf-spectacular's own form)

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, Any]]:
        return [
            {
                "type": "apiKey",
                "in": "cookie",
                "name": "__Host-Http-access_token",
                "description": "Set by POST /auth/login. Unsafe methods also need `X-CSRFToken`, "
                "equal to the `__Host-csrftoken` cookie, and our own `Origin`.",
            },
            {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        ]


class SchemaView(SpectacularJSONAPIView):
    """Open to anyone, in demo mode."""

    authentication_classes: tuple[Any, ...] = ()
    permission_classes: tuple[Any, ...] = ()
