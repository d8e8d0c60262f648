"""Send mails about security events to their owner (ASVS 5.0 6.3.5, 6.3.7)."""

from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.http import HttpRequest

from .. import callers, subjects
from ..models import Session
from ..sessions import database_now
from ..signals import ALARMS, KINDS, MAILED, happened
from . import mails
from .mails import Letter

KINDS |= {
    "password_reset_sent": "A link to reset the password was sent",
    "password_reset": "The password was reset",
    "email_change_requested": "A new e-mail address was asked for",
    "email_changed": "The e-mail address was changed",
    "data_exported": "A copy of all data was downloaded",
    "mail_failed": "A mail could not be delivered",
}
ALARMS.add("mail_failed")

WHERE = """
When: {at:%Y-%m-%d %H:%M} UTC
From: {address}
With: {device}
"""

IF_NOT_YOU = """
If it was not you, set a new password at once, which signs out everyone else:

{issuer}/password/forgot
"""

# The letter of each kind of event. A part adds those of its own kinds.
LETTERS = {
    "signed_in": Letter(
        "A new device has signed in",
        "Hello,\n\nyour account was used to sign in on a device that we have not seen "
        "before.\n" + WHERE + IF_NOT_YOU,
    ),
    "password_changed": Letter(
        "Your password was changed",
        "Hello,\n\nyour password was changed, and all other devices were signed out.\n"
        + WHERE
        + IF_NOT_YOU,
    ),
    "password_reset": Letter(
        "Your password was reset",
        "Hello,\n\nyour password was reset through a link in a mail, and all devices were "
        "signed out.\n" + WHERE + IF_NOT_YOU,
    ),
    "email_change_requested": Letter(
        "A change of your address was asked for",
        "Hello,\n\nsomebody signed in as you asked to move your account to another e-mail "
        "address. It happens when a link that was sent there is opened.\n" + WHERE + IF_NOT_YOU,
    ),
    "refresh_reused": Letter(
        "An older copy of your sign-in was used",
        "Hello,\n\nan older copy of your sign-in was used: your browser was restored from a "
        "backup or crashed, or\nsomeone copied it. To be safe, that session was ended, for whoever "
        "held it.\n" + WHERE + "\nSign in again. If you have no explanation for it, change your "
        "password and look through your devices:\n\n{issuer}/account\n",
    ),
}


@receiver(happened)
def send_notice(
    sender: None,
    *,
    kind: str,
    request: HttpRequest | None,
    user: AbstractBaseUser | None,
    session: Session | None,
    **kwargs: Any,
) -> None:
    """Send the owner a mail about an event that has a letter."""
    letter = letter_for(kind)
    if letter is None or user is None:
        return
    user_agent = callers.user_agent_of(request)
    if kind == "signed_in" and not is_new_device(user, session, user_agent):
        return
    mails.send(
        letter,
        subjects.email_of(user),
        user,
        at=database_now(),
        address=callers.address_of(request) or "unknown",
        device=callers.device(user_agent),
    )


def letter_for(kind: str) -> Letter | None:
    """Return the letter about this kind of event, or None if there is none."""
    if kind in MAILED:
        return Letter(KINDS[kind], f"Hello,\n\n{MAILED[kind]}\n{WHERE}{IF_NOT_YOU}")
    return LETTERS.get(kind)


def is_new_device(user: AbstractBaseUser, session: Session | None, user_agent: str) -> bool:
    """Return whether this person has had sessions, and none of them on such a device.

    A person's very first device is not new in this sense.
    """
    earlier = Session.objects.filter(user_id=user.pk).exclude(id=session.id if session else "")
    seen = set(earlier.values_list("user_agent", flat=True).distinct())
    described = callers.device(user_agent)
    return bool(seen) and described not in map(callers.device, seen)


@receiver(post_delete, sender=settings.AUTH_USER_MODEL)
def send_notice_of_deletion(sender: type, instance: AbstractBaseUser, **kwargs: Any) -> None:
    """Send a mail to the address of a deleted account, whoever deleted it."""
    mails.send(mails.DELETED, subjects.email_of(instance))
