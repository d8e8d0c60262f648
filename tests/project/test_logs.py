"""Log lines: JSON, one a record, with the request's id and without secrets."""

import json
import logging
import sys

from accounts.users.models import User
from project.logs import JSONFormatter, request_id
from tests.clients import BrowserClient
from tests.leaks import holds_jwt

TOKEN = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"


def line(message: str, *args: object, **extra: object) -> dict:
    record = logging.LogRecord("gatehouse", logging.INFO, "file", 1, message, args, None)
    record.__dict__.update(extra)
    return json.loads(JSONFormatter().format(record))


def test_line_break_in_what_was_sent_stays_one_line() -> None:
    """ASVS 16.4.1: nothing that somebody sends can forge a second line."""
    record = logging.LogRecord(
        "gatehouse",
        logging.INFO,
        "file",
        1,
        "failed: %s",
        ("a\r\nINFO root signed in\u2028x",),
        None,
    )

    text = JSONFormatter().format(record)

    assert len(text.splitlines()) == 1
    assert json.loads(text)["message"] == "failed: a\r\nINFO root signed in\u2028x"


def test_whatever_looks_like_a_token_is_blotted_out() -> None:
    """ASVS 16.2.5: in the message, in what goes with it, and in a traceback."""
    try:
        raise ValueError(f"bad token {TOKEN}")
    except ValueError:
        failure = sys.exc_info()
    record = logging.LogRecord("x", logging.ERROR, "f", 1, "got %s", (TOKEN,), failure)
    record.cookie = {"__Host-Http-access_token": TOKEN}

    text = JSONFormatter().format(record)

    assert not holds_jwt(text)
    assert text.count("[token]") >= 3


def test_extra_members_are_kept() -> None:
    """Fields of their own are what makes a line searchable."""
    assert line("signed_in", user="abc", session="def")["user"] == "abc"


def test_request_id_stands_in_the_answer_and_never_comes_from_the_caller(
    browser_client: BrowserClient, alice: User
) -> None:
    """Lines of one request share an id that nobody can choose."""
    first = browser_client.get("/api/me", headers={"X-Request-Id": "chosen"})
    second = browser_client.get("/api/me")

    ids = [answer.headers["X-Request-Id"] for answer in (first, second)]
    assert "chosen" not in ids
    assert len(set(ids)) == 2
    assert request_id.get() == ""
