"""Mails about security events: an observer that nothing depends on (ASVS 5.0 6.3.5, 6.3.7)."""

from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models.signals import post_delete
from django.dispatch import receiver

from accounts import devices, letters, subjects
from accounts.conf import conf
from accounts.events import recorded
from accounts.letters import Letter
from accounts.models import SecurityEvent, Session

WHERE = """
When: {at:%Y-%m-%d %H:%M} UTC
From: {address}
With: {device}
"""

IF_NOT_YOU = """
If it was not you, set a new password at once, which signs out everyone else:

{issuer}/password/forgot
"""

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
    "identity_linked": Letter(
        "A new way to sign in was added",
        "Hello,\n\nfrom now on your account can be signed in to through {provider}. Your "
        "password was entered for that, or a link opened that was sent to this address.\n"
        + WHERE
        + IF_NOT_YOU,
    ),
    "identity_unlinked": Letter(
        "A way to sign in was removed",
        "Hello,\n\nthe people who run this service have ended that {provider} signs you in to your "
        "account, and signed\nout the devices that had come that way.\n\nIf you have no password "
        "yet, you can set one here:\n\n{issuer}/password/forgot\n",
    ),
    "refresh_reused": Letter(
        "An older copy of your sign-in was used",
        "Hello,\n\nan older copy of your sign-in was used: your browser was restored from a "
        "backup or crashed, or\nsomeone copied it. To be safe, that session was ended, for whoever "
        "held it.\n" + WHERE + "\nSign in again. If you have no explanation for it, change your "
        "password and look through your devices:\n\n{issuer}/account\n",
    ),
}


@receiver(recorded)
def tell(sender: type, event: SecurityEvent, **kwargs: Any) -> None:
    """A mail for each event that matters to its owner."""
    letter = LETTERS.get(event.kind)
    if letter is None or event.user is None:
        return
    if event.kind == "signed_in" and not is_new_device(event):
        return
    letters.send(
        letter,
        subjects.email_of(event.user),
        event.user,
        at=event.at,
        address=event.address or "unknown",
        device=devices.describe(event.user_agent),
        provider=conf.oidc_client[2],
    )


def is_new_device(event: SecurityEvent) -> bool:
    """Does nothing in this person's earlier sessions look like it? Not so at the very first."""
    earlier = Session.objects.filter(user=event.user).exclude(id=event.session_id)
    seen = set(earlier.values_list("user_agent", flat=True).distinct())
    return bool(seen) and devices.describe(event.user_agent) not in map(devices.describe, seen)


@receiver(post_delete, sender=settings.AUTH_USER_MODEL)
def tell_about_deletion(sender: type, instance: AbstractBaseUser, **kwargs: Any) -> None:
    """To the address of an account that is no more, whoever deleted it."""
    letters.send(letters.DELETED, subjects.email_of(instance))
