"""Refuse cross-site request forgery, for requests that a cookie authenticates.

There are three layers. All must hold, because each has a gap of its own: Fetch
Metadata (`Sec-Fetch-Site`, absent in old browsers), `Origin` (which must be ours to the letter),
and Django's token, double-submitted from a `__Host-` cookie (which a sibling host cannot plant).
SameSite=Strict is none of them, because a sibling subdomain is the same site and its requests carry
every cookie. Bearer requests need no defence, because no browser attaches a Bearer token by itself.
"""

import logging
from typing import NoReturn

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.middleware.csrf import CsrfViewMiddleware, get_token, rotate_token
from rest_framework.exceptions import ErrorDetail

from .. import signals
from ..conf import conf
from ..errors import CsrfFailed

log = logging.getLogger("gatehouse")

# The advice where a reload does not help (see has_unreadable_cookies).
UNREADABLE = (
    "A cookie that another application set on this site has letters that this server cannot read, "
    "and hides all other cookies. Delete this site's cookies in your browser, then try again."
)

SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")

# So many characters of a header that a stranger chose go into the log.
LONGEST_SHOWN = 200


class _TokenCheck(CsrfViewMiddleware):
    """Compare as Django does, and return the verdict as a text."""

    def _reject(self, request: HttpRequest, reason: str) -> str:
        return reason


def check(request: HttpRequest) -> None:
    """Raise CsrfFailed unless the request is safe or shown to come from our own pages.

    The log says which layer failed, at WARNING. A proxy that changes `Host` is refused like an
    attacker, and its operator has to see why. The answer says so only with DEBUG or EXPLAIN_CSRF.
    """
    if request.method in SAFE_METHODS:
        return
    if reason := failure(request):
        refuse(request, reason)


def check_origin(request: HttpRequest) -> None:
    """Raise CsrfFailed if another's Origin is sent with what a browser asks by itself.

    It knows no token of a page, and often sends no Origin. Something else has to stand in for both
    (accounts.binding).
    """
    ours = f"{request.scheme}://{request.get_host()}"
    origin = request.META.get("HTTP_ORIGIN", ours)
    if origin != ours:
        refuse(request, f"Origin is {shown(origin)}, this server is {ours}")


def refuse(request: HttpRequest, reason: str) -> NoReturn:
    """Raise CsrfFailed for this reason, with an event."""
    log.warning("refused csrf_failed: %s", reason)
    signals.tell("csrf_failed", request, detail={"reason": reason}, anonymous=True)
    refusal = CsrfFailed(reason)
    refusal.logged = True
    if has_unreadable_cookies(request):
        refusal.detail = ErrorDetail(UNREADABLE, refusal.code)
    elif settings.DEBUG or conf.explain_csrf:
        refusal.detail = ErrorDetail(f"{refusal.detail} ({reason})", refusal.code)
    raise refusal


def failure(request: HttpRequest) -> str:
    """Return in words which layer fails, or an empty text if all hold."""
    site = request.META.get("HTTP_SEC_FETCH_SITE", "same-origin")
    if site != "same-origin":
        return f"Sec-Fetch-Site is {shown(site)}"
    ours = f"{request.scheme}://{request.get_host()}"
    origin = request.META.get("HTTP_ORIGIN", "missing")
    if origin != ours:
        return f"Origin is {shown(origin)}, this server is {ours}{advice(origin, ours)}"
    if settings.CSRF_HEADER_NAME not in request.META:
        return "X-CSRFToken is missing"
    return _check_token(request)


def advice(origin: str, ours: str) -> str:
    """Return what a proxy has to change if it made the difference, or an empty text."""
    if origin.partition("://")[2] == ours.partition("://")[2]:
        return ": the proxy's X-Forwarded-Proto is missing, or the proxy is not trusted"
    if origin.startswith(("http://localhost:", "http://127.0.0.1:")):
        return ": set changeOrigin to false"  # of a bundler's server: it keeps Host then
    return ""


def shown(text: str) -> str:
    """Return what somebody sent as one short line, so that it forges no line of a log."""
    return "".join(c if c.isprintable() else "?" for c in text[:LONGEST_SHOWN]) or "empty"


def has_unreadable_cookies(request: HttpRequest) -> bool:
    """Return whether the browser sent cookies that nobody here can see.

    granian hands over a header with a byte beyond ASCII as an empty text. No browser sends an
    empty Cookie header, and a sibling host can plant such a cookie. Beside granian the pages
    (static/js/jar.js) remove those of their own host.
    """
    return request.META.get("HTTP_COOKIE") == ""


def _check_token(request: HttpRequest) -> str:
    # The token comes in the header. Django would look for it in a form first, and parse any upload
    # before its type and size are judged.
    request.POST = QueryDict()
    check = _TokenCheck(HttpResponse)  # in place of the view, which is not called here
    check.process_request(request)
    return str(check.process_view(request, HttpResponse, (), {}) or "")


def ensure_cookie(request: HttpRequest) -> None:
    """Have the CSRF cookie set where it is missing.

    It is never set on a navigation from another site. SameSite=Strict withheld the good cookie
    there, and a new one would replace it.
    """
    if settings.CSRF_COOKIE_NAME in request.COOKIES:
        return
    if request.META.get("HTTP_SEC_FETCH_SITE") != "cross-site":
        get_token(request)


def rotate(request: HttpRequest) -> None:
    """Make a new token at sign-in and sign-out, so that one captured before stops working."""
    rotate_token(request)
