"""Add the words of this part to the events and to the mails."""

from .. import signals
from ..people import mails, notices, password_reset
from ..people.mails import Letter
from ..users.models import User
from .conf import conf

signals.KINDS |= {
    "identity_linked": "A sign-in through the identity provider was added",
    "identity_unlinked": "A sign-in through the identity provider was removed",
    "identity_link_sent": "A link to add a sign-in through the identity provider was sent",
}

mails.WORDS["provider"] = lambda: conf.oidc_name

notices.LETTERS |= {
    "identity_linked": Letter(
        "A new way to sign in was added",
        "Hello,\n\nfrom now on your account can be signed in to through {provider}. Your "
        "password was entered for that, or a link opened that was sent to this address.\n"
        + notices.WHERE
        + notices.IF_NOT_YOU,
    ),
    "identity_unlinked": Letter(
        "A way to sign in was removed",
        "Hello,\n\nthe people who run this service have ended that {provider} signs you in to your "
        "account, and signed\nout the devices that had come that way.\n\nIf you have no password "
        "yet, you can set one here:\n\n{issuer}/password/forgot\n",
    ),
}

FIRST_PASSWORD = Letter(
    "Set a password",
    """Hello,

somebody, probably you, asked for a new password. Your account has none here yet: {provider} signs
you in. To set a password as well, open this link within 30 minutes:

{link}

It works once, and every device will have to sign in again. If it was not you, do nothing: nothing
has changed.
""",
)

NEW_IDENTITY = Letter(
    "Finish your sign-in",
    """Welcome to {service}.

Somebody, probably you, signed in through {provider} with this address. To show that it is yours,
open this link within 30 minutes, in the same browser:

{link}

It works once. If it was not you, do nothing: without the link no account is made.
""",
)

LINK_IDENTITY = Letter(
    "Finish your sign-in",
    """Hello,

somebody, probably you, signed in through {provider} with this address, which has a {service}
account already. To have {provider} sign you in to it from now on, open this link within 30 minutes,
in the same browser:

{link}

It works once. If it was not you, do nothing: nothing has changed.
""",
)


def for_first_password(user: User) -> Letter | None:
    """Return the letter for a person without a password, whom the provider signs in."""
    return None if user.has_usable_password() or not conf.oidc_issuer else FIRST_PASSWORD


password_reset.LETTERS.append(for_first_password)
