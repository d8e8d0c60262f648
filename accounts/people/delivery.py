"""Hand mails to the mail server, and try again for a while where it cannot take them now.

A mail that waits for another try is in memory alone, and ends with the process. What is given up is
an event and a log line, with neither the address nor anything of the text, which may hold a link.
Leaves out: the words (people.letters), the thread and its queue (people.afterwards).
"""

import logging
import smtplib
from dataclasses import dataclass, field
from typing import Any

from django.core.mail import send_mail

from .. import signals, subjects
from . import afterwards

log = logging.getLogger("gatehouse")

# Seconds before each further try. Servers that put off strangers (greylisting) want some minutes;
# a link lives for 30.
PAUSES = (2, 10, 60, 300, 600)


@dataclass(frozen=True)
class Mail:
    """One mail to one address. `user_id` names whose list of events tells that it was given up."""

    subject: str
    text: str = field(repr=False)
    to: str = field(repr=False)
    user_id: Any = None


def hand_over(mail: Mail) -> None:
    """Have the mail sent soon. Nothing waits for it."""
    if not afterwards.do(deliver, mail):
        give_up(mail, "no room in the queue", tries=0)


def deliver(mail: Mail, tries: int = 1) -> None:
    """Send the mail, or have it tried again, or give it up."""
    try:
        send_mail(mail.subject, mail.text, None, [mail.to])
    except Exception as error:
        if not isinstance(error, OSError):  # no word of a mail server: a setting is wrong
            log.exception("the mail %r cannot be sent", mail.subject)
        if not try_again(mail, error, tries):
            give_up(mail, cause_of(error), tries)


def try_again(mail: Mail, error: Exception, tries: int) -> bool:
    """Return whether the mail now waits for another try."""
    if tries > len(PAUSES) or not may_pass(error):
        return False
    pause = PAUSES[tries - 1]
    log.info("the mail %r waits %s s after %s", mail.subject, pause, cause_of(error))
    return afterwards.later(pause, deliver, mail, tries + 1)


def give_up(mail: Mail, cause: str, tries: int) -> None:
    """Tell the log and the events that this mail will not arrive."""
    detail = {"mail": mail.subject, "cause": cause, "tries": tries}
    log.warning("the mail %r was given up", mail.subject, extra={"cause": cause, "tries": tries})
    user = subjects.rows().filter(pk=mail.user_id).first()
    signals.tell("mail_failed", user=user, detail=detail)


def may_pass(error: Exception) -> bool:
    """Return whether the next try may end otherwise.

    A reply of 4yz says so, one of 5yz the contrary (RFC 5321 section 4.2.1). No reply at all, from
    a server that is away or breaks off, is an OSError.
    """
    if code := code_of(error):
        return code < 500
    return isinstance(error, OSError) and not isinstance(error, smtplib.SMTPNotSupportedError)


def code_of(error: Exception) -> int:
    """Return the mail server's reply code; 0 if there was none."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):  # one recipient, so one reply
        return int(next(iter(error.recipients.values()))[0])
    return int(error.smtp_code) if isinstance(error, smtplib.SMTPResponseException) else 0


def cause_of(error: Exception) -> str:
    """Return what went wrong without the server's own words, which may repeat the address."""
    return " ".join(filter(None, (type(error).__name__, str(code_of(error) or ""))))
