"""Keep what only the administration needs away from every other path.

Django's sessions exist below /admin/ alone: no page and no API call reads, sets or trusts one.
"""

from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from project.middleware import POLICY, Next

ADMIN = "/admin/"

# Its own scripts (jQuery) write markup, which Trusted Types would refuse.
TRUSTED_TYPES = ("require-trusted-types-for", "trusted-types")
ADMIN_POLICY = "; ".join(
    f"{name} {value}" for name, value in POLICY.items() if name not in TRUSTED_TYPES
)


class BelowAdmin(MiddlewareMixin):
    """Let Django's own middleware act below /admin/ only."""

    def __call__(self, request: HttpRequest) -> Any:
        if not request.path_info.startswith(ADMIN):
            return self.get_response(request)
        return super().__call__(request)


class AdminSessions(BelowAdmin, SessionMiddleware):
    """Keep the administration's session in its cookie."""


class AdminUser(BelowAdmin, AuthenticationMiddleware):
    """Set `request.user` from that session."""


class AdminMessages(BelowAdmin, MessageMiddleware):
    """Keep the lines that say what an action has done."""


class AdminPolicy:
    """Send the same Content Security Policy below /admin/, but for Trusted Types."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.path_info.startswith(ADMIN):
            response.headers.setdefault("Content-Security-Policy", ADMIN_POLICY)
        return response
