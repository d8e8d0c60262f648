"""The lab's own cookies: with accounts.web.cookies the only module that writes any.

Every name carries `lab_`, every life is short. The token cookies of the lab are not here: they are
set by accounts.web.cookies under the lab's profile.
"""

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.web.middleware import sent_once

MARK = "lab_"
LONGEST_SECONDS = 3600

# As the app's token cookies: set by a server over a secure connection, for this host alone.
BENCH = f"__Host-Http-{MARK}bench"
STRICT = {"secure": True, "httponly": True, "samesite": "Strict", "path": "/"}


def put(response: HttpResponseBase, name: str, value: str, seconds: int, **attributes: Any) -> None:
    """Set a cookie of the lab, with exactly these attributes; ValueError without mark or end."""
    if MARK not in name or not 0 <= seconds <= LONGEST_SECONDS:
        raise ValueError(f"{name} for {seconds} s is no cookie of the lab")
    response.set_cookie(name, value, max_age=seconds, **attributes)


def put_bench(response: HttpResponseBase, bench_id: str) -> None:
    put(response, BENCH, bench_id, LONGEST_SECONDS, **STRICT)


def drop_bench(response: HttpResponseBase) -> None:
    put(response, BENCH, "", 0, **STRICT)


def read(request: HttpRequest, name: str) -> str:
    """The cookie, or an empty text: also where a sibling host has planted one beside it, or under a
    name that only resembles it, to have a visitor's steps recorded for somebody else."""
    if name not in request.COOKIES:
        return ""
    return sent_once(request, [name]).get(name, "")
