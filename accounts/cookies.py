"""The two token cookies: the only module that sets, reads or deletes them.

Serves steps 4 and 5. `__Host-Http-` makes browsers refuse the cookie unless a server set it, over
a secure connection, HttpOnly, for this host alone: no script and no sibling host can plant one
(RFC 10017, draft-ietf-httpbis-layered-cookies). The prefix forces Path=/; a narrower path for the
refresh token would protect nothing (RFC 6265bis section 8.5).
"""

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.claims import Issued

ACCESS = "__Host-Http-access_token"
REFRESH = "__Host-Http-refresh_token"
TOKEN_COOKIES = (ACCESS, REFRESH)

ATTRIBUTES = {"secure": True, "httponly": True, "samesite": "Strict", "path": "/"}


def set_tokens(response: HttpResponseBase, issued: Issued) -> None:
    """Two Set-Cookie lines, each living as long as its token."""
    lives = {
        ACCESS: (issued.access, issued.access_expires_at),
        REFRESH: (issued.refresh, issued.session.idle_expires_at),
    }
    for name, (token, expires_at) in lives.items():
        seconds = int(expires_at.timestamp()) - int(issued.issued_at.timestamp())
        response.set_cookie(name, token, max_age=seconds, **ATTRIBUTES)


def delete_tokens(response: HttpResponseBase) -> None:
    """Expire both cookies with every attribute they were set with.

    Django's delete_cookie drops HttpOnly, and then the prefix makes browsers refuse the deletion.
    """
    for name in TOKEN_COOKIES:
        response.set_cookie(name, "", max_age=0, **ATTRIBUTES)


def read_access(request: HttpRequest) -> str | None:
    """The access token that the browser sent, or None."""
    return request.COOKIES.get(ACCESS)


def read_refresh(request: HttpRequest) -> str | None:
    """The refresh token that the browser sent, or None."""
    return request.COOKIES.get(REFRESH)
