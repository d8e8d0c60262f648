"""Write log lines in JSON, with a request id and without secrets (ASVS 5.0 16.2).

One line is one event: a line break in what somebody sent is escaped by JSON, so nothing can forge
a second one (16.4.1). Tokens and cookies are never logged. As a last line of defence, whatever
looks like a JWT is blotted out before it is written.
"""

import json
import logging
import os
import re
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

request_id: ContextVar[str] = ContextVar("request_id", default="")

LOOKS_LIKE_JWT = re.compile(r"eyJ[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*){1,2}")
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "project.logs.JSONFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    # Its line for each 4xx says less than our own line about the same refusal.
    "loggers": {"django.request": {"level": "ERROR"}},
}

STANDARD = set(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class JSONFormatter(logging.Formatter):
    """Write one JSON object for each record. What `extra` gave becomes members of it."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if current := request_id.get():
            line["request_id"] = current
        line |= {
            name: value
            for name, value in record.__dict__.items()
            if name not in STANDARD and isinstance(value, (str, int, float, bool, dict, list))
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return LOOKS_LIKE_JWT.sub("[token]", json.dumps(line, default=str))


class RequestId:
    """Give each request a random id, which its log lines and its answer carry.

    The id is never taken from the caller: it could then forge whose lines belong together.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = request_id.set(os.urandom(8).hex())
        request.request_id = request_id.get()  # type: ignore[attr-defined]
        try:
            response = self.get_response(request)
            response.headers["X-Request-Id"] = request_id.get()
            return response
        finally:
            request_id.reset(token)
