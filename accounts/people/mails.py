"""Say what the mails say, and send one.

A mail to somebody never repeats what a stranger typed. Not even the name given at registration
stands in it, as that could carry any message to any address. A link stands alone on its line.
Leaves out: the mail server and the queue (people.delivery), and mails about events
(people.notices).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.http import HttpRequest

from .. import callers
from ..credentials.budgets import Budget
from ..errors import Unavailable
from ..users.spelling import canonical_email
from . import delivery
from .conf import conf


@dataclass(frozen=True)
class Letter:
    """The subject and the text of a mail. `send` fills in the words in braces."""

    subject: str
    text: str


# What every text may name. A part adds its own words when it is installed.
WORDS: dict[str, Callable[[], str]] = {
    "issuer": lambda: conf.issuer,
    "service": lambda: conf.name,
}

REGISTER = Letter(
    "Finish your registration",
    """Welcome to {service}.

To choose a password and finish your registration, open this link within 30 minutes:

{link}

It works once. If you did not ask for it, do nothing: without the link no account is made.
""",
)

ALREADY_REGISTERED = Letter(
    "You already have an account",
    """Hello,

somebody, probably you, wanted to use this address for a {service} account. There is one already.
Sign in here:

{issuer}/login

If you have forgotten the password, you can set a new one here:

{issuer}/password/forgot

If it was not you, do nothing: nothing has changed.
""",
)

RESET = Letter(
    "Reset your password",
    """Hello,

somebody, probably you, asked for a new password. To set one, open this link within 30 minutes:

{link}

It works once, and every device will have to sign in again. If it was not you, do nothing: your
password stays as it is.
""",
)

NEW_ADDRESS = Letter(
    "Confirm your new address",
    """Hello,

to use this address for your {service} account from now on, open this link within 30 minutes:

{link}

It works once, as long as you stay signed in where you asked for it. If you did not ask for it, do
nothing: nothing has changed.
""",
)

ADDRESS_CHANGED = Letter(
    "Your address was changed",
    """Hello,

your {service} account has a new e-mail address: {new}

This one is no longer in use, and every device was signed out but the one that asked for the change.
If it was not you, tell the people who run this service at once.
""",
)

DELETED = Letter(
    "Your account was deleted",
    """Hello,

your {service} account and all that was kept in it were deleted, and every device was signed out.
The log of security events keeps what happened, without your name.

If it was not you, tell the people who run this service at once.
""",
)


class NoMailServer(Unavailable):
    """Raised if this server sends no mail, now or later. Nothing says when to try again."""

    detail_text = "This server sends no mail, so nobody can do this here."

    def __init__(self, cause: str = "") -> None:
        super().__init__(cause)
        del self.headers["Retry-After"]


def require_server() -> None:
    """Raise NoMailServer if this server sends no mail: nobody should wait for one in vain."""
    if not conf.mail:
        raise NoMailServer


def mail_budgets(request: HttpRequest, purpose: str, email: str) -> list[Budget]:
    """Return the budgets for mails to an address that anyone may type. Every request counts."""
    email = canonical_email(email)
    return [
        Budget(f"{purpose} e-mail", email, 3, 3600, email),
        Budget(f"{purpose} network", callers.network_of(request), 20, 3600),
    ]


def can_receive_mail(address: str) -> bool:
    """Return whether a mail to the address can arrive.

    A name under .invalid belongs to nobody (RFC 2606 section 2).
    """
    return conf.mail and bool(address) and not address.endswith(".invalid")


def send(letter: Letter, to: str, user: AbstractBaseUser | None = None, **values: Any) -> None:
    """Send a mail as soon as the current transaction is committed. Nothing waits for it.

    `user` is the person whom it is about, if there is such an account.
    """
    if not can_receive_mail(to):
        return
    words = {name: word() for name, word in WORDS.items()}
    text = letter.text.format(**words, **values)
    mail = delivery.Mail(letter.subject, text, to, user.pk if user else None)
    transaction.on_commit(lambda: delivery.hand_over(mail), robust=True)
