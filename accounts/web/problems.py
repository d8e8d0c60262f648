"""Translate exceptions to problem+json (RFC 9457)."""

import json
import logging
import math
from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from rest_framework import exceptions as drf
from rest_framework.exceptions import ErrorDetail

from .. import errors
from ..errors import Problem

log = logging.getLogger("gatehouse")

REALM = 'Bearer realm="gatehouse"'

# What a 401 offers besides Bearer: for each scheme a function that returns its own parameters, or
# None while it is not taken. A part adds its own when it is installed (accounts.binding: DPoP).
SCHEMES: dict[str, Callable[[], dict[str, str] | None]] = {}

MEDIA_TYPE = "application/problem+json"

# RFC 9110's phrase, which Python has from 3.13 on.
TITLES = {413: "Content Too Large"}


def from_problem(exc: Problem) -> HttpResponse:
    """Return the answer to a failure, in its one shape: RFC 9457 with our `code`.

    The challenge of a 401 names every scheme that is taken, or the problem's own alone.
    """
    make = _body if exc.members else _plain_body
    body = make(exc.status_code, exc.code, str(exc.detail), **exc.members)
    response = HttpResponse(body, MEDIA_TYPE, status=exc.status_code, headers=exc.headers)
    if exc.status_code == 401:
        # RFC 6750 section 3.1: an error code only where a token was sent.
        sent = exc.code in {errors.InvalidToken.code, errors.SessionEnded.code}
        said = exc.challenge or ({"error": "invalid_token"} if sent else {})
        response["WWW-Authenticate"] = _challenges(said, exc.scheme)
    exc.finish(response)
    return response


def problem(status: int, code: str, detail: str) -> HttpResponse:
    """Return a failure in the same shape, where its caller has a code and words of its own."""
    return from_problem(_other(status, code, detail))


def _other(status: int, code: str, detail: str) -> Problem:
    found = Problem(detail)
    found.status_code, found.code = status, code
    found.detail = ErrorDetail(detail, code)
    return found


def _challenges(said: dict[str, str], only: str) -> str:
    """Return the challenges of a 401, one for each scheme (RFC 9110 section 11.6.1)."""
    parts = [] if only else [REALM, *_parameters(said)]
    for scheme, ask in SCHEMES.items():
        own = ask() if only in ("", scheme) else None
        if own is not None:
            first, *rest = _parameters({"realm": "gatehouse", **said, **own})
            parts += [f"{scheme} {first}", *rest]
    return ", ".join(parts)


def _parameters(named: dict[str, str]) -> list[str]:
    return [f'{name}="{text}"' for name, text in named.items()]


def _body(status: int, code: str, detail: str, **more: Any) -> bytes:
    found = {
        "type": "about:blank",
        "title": TITLES.get(status) or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        **more,
    }
    return json.dumps(found).encode()


# Floods get the same refusal many times.
_plain_body = lru_cache(maxsize=256)(_body)


def answer(exc: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """Return the answer to an exception, or None for one that becomes a 500.

    This is an exception handler of DRF, for every view of a project. With ATOMIC_REQUESTS a refused
    request changes nothing, as with DRF's own handler.
    """
    from rest_framework.views import set_rollback  # DRF imports what imports this module

    set_rollback()
    known = translate(exc)
    if known is None:
        return None
    if not known.logged:
        log.info("refused %s: %s", known.code, known, extra={"cause": repr(exc.__cause__)})
    return from_problem(known)


def translate(exc: Exception) -> Problem | None:
    """Return our exception for one of Django's or DRF's, or None if there is none."""
    if isinstance(exc, Problem):
        return exc
    if isinstance(exc, drf.ValidationError):
        return errors.ValidationFailed(errors=flatten(exc.detail))
    for kinds, make in TRANSLATIONS:
        if isinstance(exc, kinds):
            return make(str(exc))
    if isinstance(exc, drf.Throttled):
        return errors.Throttled(str(exc), wait=math.ceil(getattr(exc, "wait", None) or 600))
    if isinstance(exc, drf.APIException):  # of another app: its own status, code and words
        return _other(exc.status_code, exc.default_code, str(exc.detail))
    return None


TRANSLATIONS: list[tuple[tuple[type[Exception], ...], type[Problem]]] = [
    ((drf.NotAuthenticated,), errors.NotAuthenticated),
    ((drf.AuthenticationFailed,), errors.InvalidToken),
    ((drf.PermissionDenied, PermissionDenied), errors.InsufficientScope),
    ((drf.NotFound, Http404), errors.NotFound),
    ((drf.MethodNotAllowed,), errors.MethodNotAllowed),
    ((drf.UnsupportedMediaType,), errors.UnsupportedMediaType),
    ((RequestDataTooBig,), errors.TooLarge),
    ((drf.ParseError,), errors.InvalidRequest),
    ((OperationalError, InterfaceError), errors.Unavailable),
]


def flatten(detail: Any) -> dict[str, list[str]]:
    """Return DRF's nested validation detail as {field: [text, ..]}."""
    if isinstance(detail, dict):
        return {
            str(field): [str(text) for text in (texts if isinstance(texts, list) else [texts])]
            for field, texts in detail.items()
        }
    return {"non_field_errors": [str(text) for text in detail]}
