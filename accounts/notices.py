"""Mails about security events: an observer that nothing depends on."""

import logging
from typing import Any

from django.core.mail import send_mail
from django.db import transaction
from django.dispatch import receiver

from accounts import devices
from accounts.events import recorded
from accounts.models import SecurityEvent

log = logging.getLogger("accounts")

REUSED = """Hello {name},

an older copy of your sign-in was used: your browser was restored from a backup or crashed, or
someone copied it. To be safe, that session was ended, for whoever held it.

When: {at:%Y-%m-%d %H:%M} UTC
From: {address}
With: {device}

Sign in again. If you have no explanation for it, change your password and look through your
devices.
"""


@receiver(recorded)
def tell_about_reuse(sender: type, event: SecurityEvent, **kwargs: Any) -> None:
    """Tell the user after the session's end is committed; a broken mail server changes nothing."""
    if event.kind != "refresh_reused" or event.user is None:
        return
    user = event.user
    text = REUSED.format(
        name=user.name or user.email,
        at=event.at,
        address=event.address or "unknown",
        device=devices.describe(event.user_agent),
    )
    transaction.on_commit(lambda: _send("An older copy of your sign-in was used", text, user.email))


def _send(subject: str, text: str, to: str) -> None:
    try:
        send_mail(subject, text, None, [to])
    except OSError:
        log.exception("a security mail could not be sent")
