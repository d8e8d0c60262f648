"""Seven tills of the lab's bank: one request reaches them all, and each has one defence alone.

So one forged request shows at once what each defence is worth. Every verdict is code that ran on
that request; a till that opens has lost its money. The last till is the app's own defence.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.crypto import constant_time_compare

from accounts.web import csrf
from lab import jar

SECONDS = 900
FULL, PRICE = 100, 10
HEADER = "X-Lab-Bank"

# The same sign-in under five names, each with another way of travelling.
COOKIES = {
    "lab_strict": {"secure": True, "httponly": True, "samesite": "Strict", "path": "/"},
    "lab_lax": {"secure": True, "httponly": True, "samesite": "Lax", "path": "/"},
    "lab_none": {"secure": True, "httponly": True, "samesite": "None", "path": "/"},
    "lab_unset": {"httponly": True, "path": "/"},
    "__Host-Http-lab_till": jar.STRICT,
}


def sign_in(response: HttpResponseBase, name: str) -> None:
    """Five cookies that all say the same: this browser may spend what `name` stands for."""
    value = signing.Signer(salt="lab tills").sign(name)
    for cookie, attributes in COOKIES.items():
        jar.put(response, cookie, value, SECONDS, **attributes)


def arrived(request: HttpRequest, name: str) -> list[str]:
    """Which of the five came with this request, and are this run's."""
    expected = signing.Signer(salt="lab tills").sign(name)
    return [
        cookie
        for cookie in COOKIES
        if constant_time_compare(request.COOKIES.get(cookie, ""), expected)
    ]


def no_check(request: HttpRequest) -> str:
    return ""


def metadata(request: HttpRequest) -> str:
    """Fetch Metadata, then Origin: who asks, in the browser's own words."""
    site = request.headers.get("Sec-Fetch-Site", "")
    if site not in ("same-origin", "none"):
        return f"Sec-Fetch-Site is {site or 'missing'}"
    origin = request.headers.get("Origin", "")
    ours = f"{request.scheme}://{request.get_host()}"
    return "" if origin in ("", ours) else f"Origin is {origin}"


def csrf_token(request: HttpRequest) -> str:
    """Double submit: the value of a cookie that only our own pages can read."""
    sent = request.headers.get("X-CSRFToken", "")
    cookie = request.COOKIES.get(settings.CSRF_COOKIE_NAME, "")
    return "" if cookie and constant_time_compare(sent, cookie) else "no CSRF token"


def custom_header(request: HttpRequest) -> str:
    """Another origin cannot add a header without asking first (the CORS preflight)."""
    return "" if request.headers.get(HEADER) == "1" else f"no {HEADER}"


def all_of_ours(request: HttpRequest) -> str:
    """What the app does: the very function of `accounts.web.csrf`, and no payment by GET."""
    return csrf.failure(request) if request.method == "POST" else "GET changes nothing"


@dataclass(frozen=True)
class Till:
    """Opens if one of its cookies came and its check has nothing to say against it."""

    cookies: tuple[str, ...]
    check: Callable[[HttpRequest], str]

    def refusal(self, request: HttpRequest, came: list[str]) -> str:
        if not set(self.cookies) & set(came):
            return "no cookie came"
        return self.check(request)


CARELESS = ("lab_none", "lab_unset")
TILLS = {
    "none": Till(CARELESS, no_check),
    "lax": Till(("lab_lax",), no_check),
    "strict": Till(("lab_strict",), no_check),
    "metadata": Till(CARELESS, metadata),
    "token": Till(CARELESS, csrf_token),
    "header": Till(CARELESS, custom_header),
    "all": Till(("__Host-Http-lab_till",), all_of_ours),
}


def left(entries: list[dict[str, Any]]) -> dict[str, int]:
    """What each till still holds: its own page's payments are refunded, the attacker's are not."""
    forged = [entry["tills"] for entry in entries if entry["via"] != "own"]
    return {name: FULL - PRICE * sum(opened.get(name) == "" for opened in forged) for name in TILLS}


def verdicts(request: HttpRequest, came: list[str]) -> dict[str, str]:
    """For each till why it stayed shut; an empty text where the money is gone."""
    return {name: till.refusal(request, came) for name, till in TILLS.items()}
