"""The cookies of this package: the only module that sets, reads or deletes them.

Two hold tokens, others a sign-in that is under way elsewhere. Serves steps 4 and 5.
`__Host-Http-` makes browsers refuse the cookie unless a server set it, over a secure connection,
HttpOnly, for this host alone: no script and no sibling host can plant one (RFC 10017,
draft-ietf-httpbis-layered-cookies). The prefix forces Path=/; a narrower path for the refresh
token would protect nothing (RFC 6265bis section 8.5).
"""

import re
from collections.abc import Collection
from functools import cache
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.claims import Issued
from accounts.conf import conf

PREFIX = "__Host-Http-"

ATTRIBUTES: dict[str, Any] = {"secure": True, "httponly": True, "samesite": "Strict", "path": "/"}

# Sign-ins under way through an identity provider, signed (accounts.handshakes). Each of the two is
# a family: the name of the trip follows, since several tabs may be on their way at once.
HANDSHAKE = f"{PREFIX}oidc_handshake_"
PENDING = f"{PREFIX}oidc_pending_"
# The provider's answer is a navigation from another site: Strict would withhold the handshake.
UNDER_WAY: dict[str, dict[str, Any]] = {
    HANDSHAKE: {**ATTRIBUTES, "samesite": "Lax"},
    PENDING: ATTRIBUTES,
}
FAMILIES = tuple(UNDER_WAY)
TRIP_LETTERS = 16
TRIP = re.compile(rf"[0-9a-f]{{{TRIP_LETTERS}}}")


def names() -> tuple[str, str]:
    """The names of the access and the refresh cookie."""
    return _marked(conf.cookie_mark)


@cache
def _marked(mark: str) -> tuple[str, str]:
    return f"{PREFIX}{mark}access_token", f"{PREFIX}{mark}refresh_token"


def set_tokens(response: HttpResponseBase, issued: Issued) -> None:
    """Two Set-Cookie lines, each living as long as its token."""
    lives = (
        (issued.access, issued.access_expires_at),
        (issued.refresh, issued.session.idle_expires_at),
    )
    for name, (token, expires_at) in zip(names(), lives, strict=True):
        seconds = int(expires_at.timestamp()) - int(issued.issued_at.timestamp())
        response.set_cookie(name, token, max_age=seconds, **ATTRIBUTES)


def delete_tokens(response: HttpResponseBase, *, but: Collection[str] = ()) -> None:
    """Expire both cookies, but for those names, with every attribute they were set with.

    Django's delete_cookie drops HttpOnly, and then the prefix makes browsers refuse the deletion.
    """
    for name in set(names()).difference(but):
        response.set_cookie(name, "", max_age=0, **ATTRIBUTES)


def read_access(request: HttpRequest) -> str | None:
    """The access token that the browser sent, or None."""
    return request.COOKIES.get(names()[0])


def read_refresh(request: HttpRequest) -> str | None:
    """The refresh token that the browser sent, or None."""
    return request.COOKIES.get(names()[1])


def sent(request: HttpRequest) -> dict[str, str]:
    """Return the token cookies that the browser sent, by name."""
    return {name: request.COOKIES[name] for name in names() if name in request.COOKIES}


def set_under_way(
    response: HttpResponseBase, family: str, trip: str, text: str, seconds: int
) -> None:
    """Keep the text of a trip, in the family HANDSHAKE or PENDING, for so long."""
    response.set_cookie(f"{family}{trip}", text, max_age=seconds, **UNDER_WAY[family])


def delete_under_way(response: HttpResponseBase, family: str, trip: str) -> None:
    """Delete the text of a trip. It works once: the answer to whatever used it does this."""
    response.set_cookie(f"{family}{trip}", "", max_age=0, **UNDER_WAY[family])


def under_way(request: HttpRequest, family: str) -> dict[str, str]:
    """Return the texts of a family as the browser sent them, by trip."""
    sent = request.COOKIES.items()
    found = {name.removeprefix(family): text for name, text in sent if name.startswith(family)}
    return {trip: text for trip, text in found.items() if TRIP.fullmatch(trip)}
