"""Presents an access token in both ways, and says that both refuse it as they refuse any other."""

import json
import re
from typing import Any

from django.apps import apps
from django.http import HttpResponse

from ..models import FailureCount, Session
from .clients import JSONClient

ACCESS = "__Host-Http-access_token"
REFRESH = "__Host-Http-refresh_token"

# What every bad access token is answered with, to the byte.
REFUSAL = json.dumps(
    {
        "type": "about:blank",
        "title": "Unauthorized",
        "status": 401,
        "detail": "The access token is not valid. Refresh it, or sign in again.",
        "code": "invalid_token",
    }
).encode()
CHALLENGE = 'Bearer realm="gatehouse", error="invalid_token"'


def challenge_of(response) -> str:
    """Return what a 401 says of Bearer. A part that is installed may offer other schemes too."""
    return response["WWW-Authenticate"].partition(", DPoP ")[0]


def on_the_wire(text: str) -> str:
    """A header's bytes, as WSGI hands them over (PEP 3333)."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


def by_cookie(token: str, method: str = "GET", path: str = "/probe") -> HttpResponse:
    header = f"{ACCESS}={on_the_wire(token)}"
    return JSONClient().generic(method, path, headers={"Cookie": header})


def by_bearer(token: str, method: str = "GET", path: str = "/probe") -> HttpResponse:
    header = f"Bearer {on_the_wire(token)}"
    return JSONClient().generic(method, path, headers={"Authorization": header})


def rows() -> dict[str, int]:
    """How many rows every table of ours has, but for the counter, which has one a network."""
    models = apps.get_app_config(Session._meta.app_label).get_models()
    return {model.__name__: model.objects.count() for model in models if model is not FailureCount}


def assert_refused(token: str) -> None:
    """Both ways, for reading and for writing: the one refusal, no cookie, no row."""
    before = rows()
    for present in (by_cookie, by_bearer):
        for method, path in (("GET", "/probe"), ("POST", "/probe")):
            response: Any = present(token, method, path)
            assert (response.status_code, response.content) == (401, REFUSAL), present.__name__
            assert challenge_of(response) == CHALLENGE
            assert not response.cookies
    assert rows() == before


# The header of a JWT and what parts it from the rest: three random letters may look like its start.
JWT = re.compile(r"eyJ[\w-]{10,}\.")


def holds_jwt(text: str | bytes) -> bool:
    """Whether a JWT, or the beginning of one, stands anywhere in the text."""
    return bool(JWT.search(text.decode("utf-8", "replace") if isinstance(text, bytes) else text))
