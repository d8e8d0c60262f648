"""Security events: what is written about whom, and what never is (ASVS 16)."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from accounts import callers, sessions, signals
from accounts.audit import events
from accounts.audit.models import SecurityEvent
from accounts.models import Session
from accounts.tests.presenting import ACCESS, REFRESH, holds_jwt
from tests.clients import BrowserClient


def written(**filters: Any) -> list[str]:
    return list(
        SecurityEvent.objects.filter(**filters).order_by("id").values_list("kind", flat=True)
    )


def test_life_of_a_session_is_recorded(browser_client, alice):
    """ASVS 16.3.1, 16.3.3: each step leaves one row, with whom, where and with what."""
    browser_client.sign_in(alice, "wrong")
    browser_client.sign_in(alice)
    browser_client.post("/auth/reauthenticate", {"password": "alice walks the long way home"})
    browser_client.post("/auth/logout-others")
    browser_client.post("/auth/logout")

    assert written(user=alice) == [
        "sign_in_failed", "signed_in", "reauthenticated", "others_ended", "signed_out",
    ]  # fmt: skip
    row = SecurityEvent.objects.get(kind="signed_in")
    assert row.address == "127.0.0.1"
    assert row.session_id
    assert row.at is not None


def test_failure_of_an_unknown_address_holds_no_address(browser_client):
    """People type passwords into the wrong field: what was typed is not kept."""
    browser_client.sign_in("my-secret-password", "x")

    row = SecurityEvent.objects.get(kind="sign_in_failed")
    assert row.user is None
    assert "my-secret-password" not in json.dumps([row.detail, row.address, row.user_agent])


def test_rows_and_log_hold_no_secret(browser_client, alice, log):
    """ASVS 16.2.5: no token, no password, no cookie, no CSRF token, in either."""
    browser_client.sign_in(alice, "a wrong password, to be sure")
    browser_client.sign_in(alice)
    secrets = [cookie.value for cookie in browser_client.cookies.values()]
    secrets += ["a wrong password, to be sure", "alice walks the long way home"]
    browser_client.post("/auth/refresh")
    browser_client.post("/api/notes", headers={"Origin": "null"})
    browser_client.get("/api/me", headers={"Authorization": f"Bearer {secrets[0]}"})
    browser_client.cookies[ACCESS] = browser_client.cookies[REFRESH] = secrets[1][:-4] + "AAAA"
    browser_client.get("/api/me")
    browser_client.post("/auth/refresh")

    rows = json.dumps(list(SecurityEvent.objects.values()), default=str)
    assert '"signed_in"' in log.getvalue()
    for text in (rows, log.getvalue()):
        assert not holds_jwt(text)
        assert not any(secret in text for secret in secrets)


FORGED = 'x\r\n{"level": "INFO", "message": "root signed in"}\x1b[2J\u2028'


def test_line_break_in_what_was_sent_forges_no_line(alice, log):
    """ASVS 16.4.1: one event, one line, whatever it holds."""
    client = BrowserClient(HTTP_USER_AGENT=FORGED)
    client.get("/auth/session")

    client.sign_in(FORGED, "x")
    client.post("/api/notes", headers={"Sec-Fetch-Site": FORGED})

    lines = log.getvalue().strip().splitlines()
    assert lines
    assert all(isinstance(json.loads(line), dict) for line in lines)
    agent = SecurityEvent.objects.get(kind="sign_in_failed").user_agent
    assert agent.isprintable()


@pytest.mark.parametrize("agent", ["x" * 10_000, "\0", "é", "\x7f", "", "Mozilla/5.0 " + "(" * 200])
def test_odd_user_agent_never_an_error(alice, agent):
    """Told by the client, so anything: it is cut and cleaned, and shown in words."""
    client = BrowserClient(HTTP_USER_AGENT=agent)

    assert client.sign_in(alice).status_code == 200
    assert client.get("/auth/sessions").status_code == 200
    assert client.get("/auth/events").status_code == 200
    assert len(SecurityEvent.objects.get(kind="signed_in").user_agent) <= 300


def test_kind_without_words_is_an_error(db):
    """A row that nobody can read is no record."""
    with pytest.raises(KeyError):
        signals.tell("something")


def test_every_kind_has_words_and_fits_its_column():
    """What people read on the account page."""
    assert all(words and len(kind) <= 32 for kind, words in signals.KINDS.items())


@contextmanager
def listening(listener: Callable[..., None]) -> Iterator[None]:
    """Have this function hear what happens until the context ends."""
    signals.happened.connect(listener)
    try:
        yield
    finally:
        signals.happened.disconnect(listener)


def test_listener_hears_who_did_what_from_where(alice, browser_client):
    """What a project of its own needs to know is in the signal."""
    heard: list[dict[str, Any]] = []

    def listen(**told: Any) -> None:
        heard.append(told)

    with listening(listen):
        browser_client.sign_in(alice)

    [told] = heard
    assert (told["kind"], told["user"], told["detail"]) == ("signed_in", alice, {})
    assert told["session"] == Session.objects.get(user=alice)
    assert callers.address_of(told["request"]) == "127.0.0.1"


def test_listener_that_fails_undoes_what_it_was_told_of(alice):
    """What cannot be noted does not happen: no session without its event."""

    def fail(**told: Any) -> None:
        raise OSError("the log is full")

    with listening(fail), pytest.raises(OSError, match="full"):
        sessions.start(alice, evidence=sessions.BY_PASSWORD, client="web", remember=False)

    assert not Session.objects.exists()
    assert not written()


def test_flood_of_refusals_is_no_flood_of_rows(browser_client):
    """ASVS 15.2.2: what anyone can repeat without a credential is stored a few times, then logged."""
    browser_client.get("/auth/session")
    for _ in range(40):
        browser_client.post("/auth/login", headers={"Origin": "null"}, REMOTE_ADDR="127.0.7.2")

    assert SecurityEvent.objects.filter(kind="csrf_failed").count() == 20


def test_one_customer_with_many_addresses_counts_as_one(rf, db):
    """An IPv6 line has 2^64 addresses, and one budget of rows."""
    for number in range(40):
        request = rf.post("/auth/login")
        request.client_address = f"2001:db8:7:7::{number:x}"
        signals.tell("csrf_failed", request, anonymous=True)

    assert SecurityEvent.objects.filter(kind="csrf_failed").count() == 20


def test_refusals_are_stored_again_after_a_while(browser_client):
    """The bound is for each ten minutes: a later attack is seen too."""
    browser_client.get("/auth/session")
    address = "127.0.7.3"
    events._anonymous.put(("csrf_failed", address), (time.monotonic() - 601, 1000))

    browser_client.post("/auth/login", headers={"Origin": "null"}, REMOTE_ADDR=address)

    assert SecurityEvent.objects.filter(kind="csrf_failed", address=address).count() == 1
