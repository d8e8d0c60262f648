"""Set, read and delete the cookies of this package. No other module does.

Two hold tokens. Parts keep others by `keep`, `drop` and `family`.
`__Host-Http-` makes browsers refuse the cookie unless a server set it, over a secure connection,
HttpOnly, for this host alone. So no script and no sibling host can plant one (RFC 10017,
draft-ietf-httpbis-layered-cookies). The prefix forces Path=/. A narrower path for the
refresh token would protect nothing (RFC 6265bis section 8.5).
"""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from .. import signals
from ..conf import conf
from ..tokens.claims import Issued

PREFIX = "__Host-Http-"

ATTRIBUTES: dict[str, Any] = {"secure": True, "httponly": True, "samesite": "Strict", "path": "/"}

# The beginnings of names that only this package may set, besides those of the token cookies.
# web.middleware enforces that. A part adds its own when it is installed.
GUARDED: set[str] = set()


def names() -> tuple[str, str]:
    """Return the names of the access and the refresh cookie."""
    return _marked(conf.cookie_mark)


@cache
def _marked(mark: str) -> tuple[str, str]:
    return f"{PREFIX}{mark}access_token", f"{PREFIX}{mark}refresh_token"


def set_tokens(response: HttpResponseBase, issued: Issued) -> None:
    """Set both token cookies. Each lives as long as its token."""
    set_access(response, issued)
    seconds = _seconds(issued, issued.session.idle_expires_at)
    response.set_cookie(names()[1], issued.refresh, max_age=seconds, **ATTRIBUTES)
    signals.handing_out.send(None, response=response, issued=issued)


def set_access(response: HttpResponseBase, issued: Issued) -> None:
    """Set the access token's cookie alone."""
    seconds = _seconds(issued, issued.access_expires_at)
    response.set_cookie(names()[0], issued.access, max_age=seconds, **ATTRIBUTES)


def _seconds(issued: Issued, expires_at: datetime) -> int:
    return int(expires_at.timestamp()) - int(issued.issued_at.timestamp())


def delete_tokens(response: HttpResponseBase, *, but: Collection[str] = ()) -> None:
    """Expire both cookies except those named in `but`, with every attribute they were set with.

    Django's delete_cookie drops HttpOnly, and then the prefix makes browsers refuse the deletion.
    """
    for name in set(names()).difference(but):
        response.set_cookie(name, "", max_age=0, **ATTRIBUTES)


def read_access(request: HttpRequest) -> str | None:
    """Return the access token that the browser sent, or None."""
    return request.COOKIES.get(names()[0])


def read_refresh(request: HttpRequest) -> str | None:
    """Return the refresh token that the browser sent, or None."""
    return request.COOKIES.get(names()[1])


def sent(request: HttpRequest) -> dict[str, str]:
    """Return the token cookies that the browser sent, by name."""
    return {name: request.COOKIES[name] for name in names() if name in request.COOKIES}


def keep(
    response: HttpResponseBase, name: str, text: str, seconds: int, *, same_site: str = "Strict"
) -> None:
    """Set a cookie of a part for so many seconds. Its name is among GUARDED.

    It has PREFIX, or `__Host-` alone where browsers ask for that (accounts.binding).
    """
    attributes = {**ATTRIBUTES, "samesite": same_site}
    response.set_cookie(name, text, max_age=seconds, **attributes)


def read(request: HttpRequest, name: str) -> str:
    """Return the text of a cookie that `keep` has set. It is empty if the browser sent none."""
    text: str = request.COOKIES.get(name, "")
    return text


def drop(response: HttpResponseBase, name: str, *, same_site: str = "Strict") -> None:
    """Delete a cookie that `keep` has set."""
    keep(response, name, "", 0, same_site=same_site)


def family(request: HttpRequest, beginning: str) -> dict[str, str]:
    """Return the texts of the cookies whose names begin so, by the rest of the name."""
    sent = request.COOKIES.items()
    return {name.removeprefix(beginning): text for name, text in sent if name.startswith(beginning)}
