"""Mails are tried again for a while, with a real mail server that puts them off or refuses."""

import io
import json
import logging
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from smtplib import SMTPNotSupportedError
from typing import Any

import pytest

from accounts.audit.models import SecurityEvent
from accounts.people import afterwards, delivery, letters
from accounts.people.delivery import Mail
from accounts.users.models import User
from tests.clients import BrowserClient
from tests.people import mails, smtp
from tests.people.smtp import MailServer

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 20


@pytest.fixture
def server(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    """A mail server; pauses are short."""
    monkeypatch.setattr(delivery, "PAUSES", (0.05, 0.1, 0.1))
    with smtp.running(settings) as found:
        yield found
        afterwards.reset()
        afterwards.reset()  # and what the first one put off again


@pytest.fixture
def given_up() -> Callable[[], SecurityEvent]:
    """Waits for the event of the one mail that was given up."""

    def wait() -> SecurityEvent:
        deadline = time.monotonic() + PATIENCE
        while not (found := SecurityEvent.objects.filter(kind="mail_failed").first()):
            assert time.monotonic() < deadline
            afterwards.finish()
        return found

    return wait


def ask_for_reset(client: BrowserClient, user: User) -> None:
    client.get("/auth/session")
    assert client.post("/auth/password/reset", {"email": user.email}).status_code == 202


PUT_OFF = [
    [("RCPT", "451 try again later")],  # greylisting
    [("RCPT", "450 busy"), ("RCPT", "452 full"), ("RCPT", "421 going down")],
    [("MAIL", "451 not now")],
    [("EHLO", "421 too many connections"), ("HELO", "421 too many connections")],
    [("DATA", "451 not now")],
    [(".", "452 disk full")],
    [("RCPT", "")],
    [(".", "")],
]


@pytest.mark.parametrize("answers", PUT_OFF, ids=str)
def test_mail_that_is_put_off_arrives_later(
    server: MailServer, browser_client: BrowserClient, alice: User, answers: Any
) -> None:
    """Whatever step is answered by 4yz, or by hanging up; with the same link, which works."""
    server.answers = list(answers)

    ask_for_reset(browser_client, alice)

    server.wait_for(taken=1)
    (message,) = server.taken
    assert message["To"] == alice.email
    assert server.visits > 1
    body = {
        "token": mails.token_in_text(message.get_content()),
        "new_password": "seven grey herons",
    }
    assert browser_client.post("/auth/password/reset/confirm", body).status_code == 204
    assert not SecurityEvent.objects.filter(kind="mail_failed").exists()


def test_security_notice_that_is_put_off_arrives_later(
    server: MailServer, browser_client: BrowserClient, alice: User
) -> None:
    """Not only what was asked for: the owner must hear of a new password."""
    server.answers = [("RCPT", "451 try again later")]
    browser_client.sign_in(alice)
    old = "alice walks the long way home"
    body = {"current_password": old, "new_password": "seven grey herons at noon"}

    assert browser_client.post("/auth/password/change", body).status_code == 204

    server.wait_for(taken=1)
    assert server.taken[0]["Subject"] == "Your password was changed"


def test_mail_waits_for_a_server_that_is_away(
    browser_client: BrowserClient, alice: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection is refused at first, as while it restarts."""
    monkeypatch.setattr(delivery, "PAUSES", (0.05,) * 200)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    smtp.point_to(settings, port)
    ask_for_reset(browser_client, alice)
    afterwards.finish()

    with smtp.running(settings, port) as server:
        server.wait_for(taken=1)

    assert server.taken[0]["Subject"] == "Reset your password"


def test_mail_that_is_always_put_off_is_given_up_and_told(
    server: MailServer,
    browser_client: BrowserClient,
    alice: User,
    given_up: Callable[[], SecurityEvent],
    log: io.StringIO,
) -> None:
    """After the last pause: an event of whom it is about, and a log line. Neither holds a secret."""
    server.answers = [("RCPT", f"451 {alice.email} try again later")] * 99

    ask_for_reset(browser_client, alice)

    event = given_up()
    assert event.user == alice
    assert event.detail == {
        "mail": "Reset your password",
        "cause": "SMTPRecipientsRefused 451",
        "tries": 1 + len(delivery.PAUSES),
    }
    assert server.visits == 1 + len(delivery.PAUSES)
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    (told,) = [line for line in lines if "was given up" in line["message"]]
    assert told["level"] == "WARNING"
    assert told["message"] == "the mail 'Reset your password' was given up"
    for secret in ("#token", alice.email):
        assert secret not in json.dumps([event.detail, *lines])


@pytest.mark.parametrize(
    ("answers", "cause"),
    [
        ([("RCPT", "550 no such mailbox")], "SMTPRecipientsRefused 550"),
        ([("MAIL", "553 not from you")], "SMTPSenderRefused 553"),
        ([(".", "554 we do not like it")], "SMTPDataError 554"),
    ],
)
def test_mail_that_is_refused_for_good_is_not_tried_again(
    server: MailServer,
    browser_client: BrowserClient,
    alice: User,
    given_up: Callable[[], SecurityEvent],
    answers: Any,
    cause: str,
) -> None:
    """5yz: who repeats it only becomes unwelcome (RFC 5321 section 4.2.1)."""
    server.answers = list(answers)

    ask_for_reset(browser_client, alice)

    detail = given_up().detail
    assert (detail["cause"], detail["tries"], server.visits) == (cause, 1, 1)
    assert afterwards._put_off == []


def test_server_that_lacks_what_a_mail_needs_is_not_asked_again() -> None:
    """It offers no TLS now, nor in a minute."""
    assert not delivery.may_pass(SMTPNotSupportedError("no STARTTLS"))


def test_mail_to_somebody_without_an_account_is_nobodys_event(
    server: MailServer, browser_client: BrowserClient, given_up: Callable[[], SecurityEvent]
) -> None:
    """Their address is not kept for it."""
    server.answers = [("RCPT", "550 no such mailbox")]
    browser_client.get("/auth/session")

    browser_client.post("/auth/register", {"email": "dora@example.com", "name": "Dora"})

    event = given_up()
    assert (event.user, event.detail["mail"]) == (None, "Finish your registration")
    assert "dora" not in json.dumps(event.detail)


def test_mail_that_cannot_be_made_is_given_up_with_its_traceback(
    alice: User, settings: Any, given_up: Callable[[], SecurityEvent], log: io.StringIO
) -> None:
    """A setting that is wrong is not mended by waiting."""
    settings.EMAIL_BACKEND = "nowhere.Backend"

    letters.send(letters.ALREADY_REGISTERED, alice.email, alice)

    assert given_up().detail["cause"] == "ModuleNotFoundError"
    assert "Traceback" in log.getvalue()


def test_mail_that_waits_holds_up_neither_others_nor_answers(
    server: MailServer, browser_client: BrowserClient, alice: User, bob: User, monkeypatch: Any
) -> None:
    """Another one goes out meanwhile."""
    monkeypatch.setattr(delivery, "PAUSES", (600,))
    server.answers = [("RCPT", "451 try again later")]
    ask_for_reset(browser_client, alice)
    server.wait_for(visits=1)
    began = time.monotonic()

    ask_for_reset(browser_client, bob)

    server.wait_for(taken=1)
    assert time.monotonic() - began < PATIENCE
    assert server.taken[0]["To"] == bob.email


def test_more_mails_than_may_wait_are_given_up(
    server: MailServer,
    alice: User,
    given_up: Callable[[], SecurityEvent],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A mail server that is away for long must not fill the memory."""
    monkeypatch.setattr(afterwards, "MOST_PUT_OFF", 0)
    server.answers = [("RCPT", "451 try again later")]

    letters.send(letters.ALREADY_REGISTERED, alice.email, alice)

    assert given_up().detail["cause"] == "SMTPRecipientsRefused 451"


def test_mail_that_finds_no_room_in_the_queue_is_given_up(
    alice: User, given_up: Callable[[], SecurityEvent], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer that it belongs to is given all the same."""
    monkeypatch.setattr(afterwards, "_places", threading.BoundedSemaphore(1))
    afterwards._places.acquire()

    letters.send(letters.ALREADY_REGISTERED, alice.email, alice)

    assert SecurityEvent.objects.get(kind="mail_failed").detail["tries"] == 0
    afterwards._places.release()


def test_work_that_is_due_and_finds_no_room_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What has waited for its time is not lost because the queue is full just then."""
    monkeypatch.setattr(afterwards, "AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(afterwards, "_places", threading.BoundedSemaphore(1))
    afterwards._places.acquire()
    refused, done = Heard(), threading.Event()
    afterwards.log.addHandler(refused)
    afterwards.later(0, done.set)
    assert refused.event.wait(PATIENCE)

    afterwards._places.release()

    assert done.wait(PATIENCE)
    afterwards.log.removeHandler(refused)


class Heard(logging.Handler):
    """Tells that a line was logged."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.event = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.event.set()


def test_work_is_done_when_it_is_due_and_in_that_order() -> None:
    """Not in the order in which it was put off."""
    done: list[str] = []
    over = threading.Event()
    afterwards.later(0.3, over.set)
    afterwards.later(0.2, done.append, "second")
    afterwards.later(0.1, done.append, "first")

    assert over.wait(PATIENCE)
    assert done == ["first", "second"]


def test_process_does_what_it_was_given_and_does_not_wait_for_what_is_put_off() -> None:
    """It ends at once, ten minutes before the next try of a mail."""
    code = (
        "from accounts.people import afterwards\n"
        "afterwards.later(600, print, 'put off')\n"
        "afterwards.do(print, 'given')\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )

    assert done.stdout == "given\n"


def test_process_that_stops_takes_no_more_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is left out rather than an error."""
    stopped = ThreadPoolExecutor(1)
    stopped.shutdown()
    monkeypatch.setattr(afterwards, "_worker", stopped)

    assert not afterwards.do(print)
    assert afterwards._places.acquire(blocking=False)  # its place was given back
    afterwards._places.release()


def test_mail_in_a_log_line_shows_neither_text_nor_address() -> None:
    """What somebody prints of it by mistake holds no link."""
    assert (
        repr(Mail("Hello", "#token=x", "alice@example.com", 1))
        == "Mail(subject='Hello', user_id=1)"
    )
