"""Send mails in the background, and try again for a while where the mail server cannot take them.

How long an answer takes must not tell whether an address is known (ASVS 5.0 6.3.8). So a thread
does what depends on it, and the answer comes after a constant delay. A mail to a local folder is
written by then.
A process that stops finishes the work it was given. It forgets what waits for a later moment, such
as a mail that waits for another try. A mail that is given up is an event and a log line. They name
neither the address nor anything of the text, which may hold a link.
Leaves out: the words (people.mails).
"""

import heapq
import itertools
import logging
import smtplib
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from django.core.mail import send_mail
from django.db import connections

from .. import signals, subjects

log = logging.getLogger("gatehouse")

# Seconds before each further try. Servers that put off strangers (greylisting) want some minutes.
# A link lives for 30.
PAUSES = (2, 10, 60, 300, 600)

# An answer that must not tell whether an address is known comes so long after its request.
CONSTANT_DELAY_SECONDS = 0.1

# More work than this is refused: a mail server that hangs must not fill the memory.
MOST_WAITING = 1000

# The same for work that waits for a later moment.
MOST_PUT_OFF = 1000

# Work that is due while the queue is full comes again after this.
AGAIN_SECONDS = 1

_worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="delivery")
_places = threading.BoundedSemaphore(MOST_WAITING)

# When each is due. The number tells which came first of two that are due at once.
_put_off: list[tuple[float, int, Callable[..., Any], tuple[Any, ...]]] = []
_numbers = itertools.count()
_changed = threading.Condition()
_timer: threading.Thread | None = None


@dataclass(frozen=True)
class Mail:
    """One mail to one address. `user_id` names the person in whose events a failure is listed."""

    subject: str
    text: str = field(repr=False)
    to: str = field(repr=False)
    user_id: Any = None


def hand_over(mail: Mail) -> None:
    """Have the mail sent soon. Nothing waits for it."""
    if not run_later(deliver, mail):
        give_up(mail, "no room in the queue", tries=0)


def deliver(mail: Mail, tries: int = 1) -> None:
    """Send the mail. If that fails, have it tried again or give it up."""
    try:
        send_mail(mail.subject, mail.text, None, [mail.to])
    except Exception as error:
        if not isinstance(error, OSError):  # not the mail server's failure: a setting is wrong
            log.exception("the mail %r cannot be sent", mail.subject)
        if not try_again(mail, error, tries):
            give_up(mail, cause_of(error), tries)


def try_again(mail: Mail, error: Exception, tries: int) -> bool:
    """Put the mail off until its next try, and return whether it has one."""
    if tries > len(PAUSES) or not may_pass(error):
        return False
    pause = PAUSES[tries - 1]
    log.info("the mail %r waits %s s after %s", mail.subject, pause, cause_of(error))
    return run_after(pause, deliver, mail, tries + 1)


def give_up(mail: Mail, cause: str, tries: int) -> None:
    """Write to the log and to the events that this mail will not arrive."""
    detail = {"mail": mail.subject, "cause": cause, "tries": tries}
    log.warning("the mail %r was given up", mail.subject, extra={"cause": cause, "tries": tries})
    user = subjects.rows().filter(pk=mail.user_id).first()
    signals.tell("mail_failed", user=user, detail=detail)


def may_pass(error: Exception) -> bool:
    """Return whether the next try may succeed.

    A reply of 4yz says that it may, one of 5yz that it may not (RFC 5321 section 4.2.1). A server
    that is away or breaks off gives no reply. That is an OSError, and may pass.
    """
    if code := code_of(error):
        return code < 500
    return isinstance(error, OSError) and not isinstance(error, smtplib.SMTPNotSupportedError)


def code_of(error: Exception) -> int:
    """Return the mail server's reply code, or 0 if there was none."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):  # one recipient, so one reply
        return int(next(iter(error.recipients.values()))[0])
    return int(error.smtp_code) if isinstance(error, smtplib.SMTPResponseException) else 0


def cause_of(error: Exception) -> str:
    """Return what went wrong, without the server's own words: they may repeat the address."""
    return " ".join(filter(None, (type(error).__name__, str(code_of(error) or ""))))


def run_with_constant_delay(work: Callable[..., Any], *arguments: Any) -> None:
    """Have the work done in the background, and return after a delay that does not depend on it."""
    due = time.monotonic() + CONSTANT_DELAY_SECONDS
    run_later(work, *arguments)
    time.sleep(max(0.0, due - time.monotonic()))


def run_later(work: Callable[..., Any], *arguments: Any) -> bool:
    """Have the work done soon, one piece after the other. Log it if it fails.

    Return False if too much is waiting or the process is stopping. The work is not done then.
    """
    if not _places.acquire(blocking=False):
        log.error("too much is waiting: %s was left out", work.__name__)
        return False
    try:
        _worker.submit(_run, work, arguments)
    except RuntimeError:  # the worker takes nothing any more
        _places.release()
        return False
    return True


def run_after(seconds: float, work: Callable[..., Any], *arguments: Any) -> bool:
    """Have the work done in so many seconds. Return False if too much is put off already."""
    global _timer
    with _changed:
        if len(_put_off) >= MOST_PUT_OFF:
            return False
        heapq.heappush(_put_off, (time.monotonic() + seconds, next(_numbers), work, arguments))
        # A daemon, so that the process can end. A forked process has none and starts its own.
        if _timer is None or not _timer.is_alive():
            _timer = threading.Thread(target=_run_when_due, name="put off", daemon=True)
            _timer.start()
        _changed.notify()
    return True


def finish() -> None:
    """Wait until all work is done that was handed over so far, and what that work handed over."""
    for _ in range(2):
        _worker.submit(lambda: None).result()


def reset() -> None:
    """Do what was handed over, and forget what waits for a later moment, as a new process would."""
    with _changed:
        _put_off.clear()
    finish()


def _run_when_due() -> None:
    while True:
        with _changed:
            while not _put_off or _put_off[0][0] > time.monotonic():
                _changed.wait(_put_off[0][0] - time.monotonic() if _put_off else None)
            _, _, work, arguments = heapq.heappop(_put_off)
        if not run_later(work, *arguments):
            run_after(AGAIN_SECONDS, work, *arguments)


def _run(work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    try:
        work(*arguments)
    except Exception:
        log.exception("%s failed", work.__name__)
    finally:
        _places.release()
        connections.close_all()  # this thread's own: none stays open between two mails
