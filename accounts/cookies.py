"""The cookies of this package: the only module that sets, reads or deletes them.

Two hold tokens, two more a sign-in that is under way elsewhere. Serves steps 4 and 5.
`__Host-Http-` makes browsers refuse the cookie unless a server set it, over a secure connection,
HttpOnly, for this host alone: no script and no sibling host can plant one (RFC 10017,
draft-ietf-httpbis-layered-cookies). The prefix forces Path=/; a narrower path for the refresh
token would protect nothing (RFC 6265bis section 8.5).
"""

from functools import cache
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.claims import Issued
from accounts.conf import conf
from accounts.watching import watched

PREFIX = "__Host-Http-"

ATTRIBUTES: dict[str, Any] = {"secure": True, "httponly": True, "samesite": "Strict", "path": "/"}

# A sign-in under way through an identity provider, signed (accounts.handshakes).
HANDSHAKE = f"{PREFIX}oidc_handshake"
PENDING = f"{PREFIX}oidc_pending"
# The provider's answer is a navigation from another site: Strict would withhold the handshake.
UNDER_WAY: dict[str, dict[str, Any]] = {
    HANDSHAKE: {**ATTRIBUTES, "samesite": "Lax"},
    PENDING: ATTRIBUTES,
}


def names() -> tuple[str, str]:
    """The names of the access and the refresh cookie."""
    return _marked(conf.cookie_mark)


@cache
def _marked(mark: str) -> tuple[str, str]:
    return f"{PREFIX}{mark}access_token", f"{PREFIX}{mark}refresh_token"


@watched
def set_tokens(response: HttpResponseBase, issued: Issued) -> None:
    """Two Set-Cookie lines, each living as long as its token."""
    lives = (
        (issued.access, issued.access_expires_at),
        (issued.refresh, issued.session.idle_expires_at),
    )
    for name, (token, expires_at) in zip(names(), lives, strict=True):
        seconds = int(expires_at.timestamp()) - int(issued.issued_at.timestamp())
        response.set_cookie(name, token, max_age=seconds, **ATTRIBUTES)


def delete_tokens(response: HttpResponseBase) -> None:
    """Expire both cookies with every attribute they were set with.

    Django's delete_cookie drops HttpOnly, and then the prefix makes browsers refuse the deletion.
    """
    for name in names():
        response.set_cookie(name, "", max_age=0, **ATTRIBUTES)


def read_access(request: HttpRequest) -> str | None:
    """The access token that the browser sent, or None."""
    return request.COOKIES.get(names()[0])


def read_refresh(request: HttpRequest) -> str | None:
    """The refresh token that the browser sent, or None."""
    return request.COOKIES.get(names()[1])


def set_under_way(response: HttpResponseBase, name: str, text: str, seconds: int) -> None:
    """Keep HANDSHAKE or PENDING for so long."""
    response.set_cookie(name, text, max_age=seconds, **UNDER_WAY[name])


def delete_under_way(response: HttpResponseBase, name: str) -> None:
    """It works once: the answer to whatever used it deletes it."""
    response.set_cookie(name, "", max_age=0, **UNDER_WAY[name])


def read_under_way(request: HttpRequest, name: str) -> str | None:
    """HANDSHAKE or PENDING as the browser sent it, or None."""
    return request.COOKIES.get(name)
