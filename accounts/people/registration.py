"""Accounts begin with an address, proven first; passwords and all else come after.

Nobody can prepare an account on another's address, and no answer tells whether one exists: what
depends on it is done by `afterwards`, and the mail tells its reader alone.
"""

from collections.abc import Callable
from typing import Any, cast

from django.db import IntegrityError, transaction
from django.http import HttpRequest

from .. import sessions, signals
from ..errors import ValidationFailed
from ..models import Session
from ..users.models import User
from ..web.wording import MISSING
from . import letters, links, passwords
from .letters import Letter
from .links import DeadLink
from .models import LinkToken

# Each returns the letter that brings this user the link of a reset, or None for the usual one. A
# part adds to it whose people may have no password.
RESET_LETTERS: list[Callable[[User], Letter | None]] = []

BOTH = (LinkToken.Kind.REGISTER, LinkToken.Kind.EMAIL)


def invite(email: str, name: str) -> None:
    """Send a mail to `email`: the way to an account, or that there is one already."""
    user = User.objects.filter(email=email).first()
    if user is not None:
        letters.send(letters.ALREADY_REGISTERED, email, user)
    else:
        letters.send(letters.REGISTER, email, link=links.make("register", email, name=name))


def offer_reset(request: HttpRequest, email: str) -> None:
    """A mail with a reset link, if that address belongs to somebody who can use one."""
    user = User.objects.filter(email=email).first()
    if user is not None:
        send_reset(request, user)


def send_reset(request: HttpRequest, user: User, **detail: Any) -> bool:
    """Send a link, which is an event, and return whether that was possible.

    Whoever has no password yet may set the first.
    """
    if not (user.is_active and letters.reach(user.email)):
        return False
    others = filter(None, (letter_for(user) for letter_for in RESET_LETTERS))
    letter = next(others, letters.RESET)
    letters.send(letter, user.email, user, link=links.make("reset", user.email, user=user))
    signals.tell("password_reset_sent", request, user=user, detail=detail)
    return True


def offer_new_address(session: Session, user: User, email: str) -> None:
    """A mail to the new address: confirm, or (another's) that somebody tried.

    The link dies with the session that asked: whoever ends a thief's session ends all it began.
    """
    other = User.objects.filter(email=email).first()
    if other is not None:
        letters.send(letters.ALREADY_REGISTERED, email, other)
    else:
        link = links.make("email", email, user=user, session_id=session.id)
        letters.send(letters.NEW_ADDRESS, email, user, link=link)


def verify(request: HttpRequest, token: str, password: str | None) -> None:
    """Do what a link to a new address was sent for: make the account, or move it there."""
    link = links.find(token, *BOTH)
    if link.kind == LinkToken.Kind.EMAIL:
        _move(request, link)
    elif password is None:
        raise ValidationFailed(errors={"password": [MISSING]})
    else:
        _create(request, link, password)


def _create(request: HttpRequest, link: LinkToken, password: str) -> None:
    user = User(email=link.email, name=link.name)
    passwords.check_rules(password, user, "password")
    user.password = passwords.hashed(password)
    try:
        with transaction.atomic():
            links.use(link)
            user.save(force_insert=True)
            signals.tell("account_created", request, user=user)
    except IntegrityError as error:
        raise DeadLink("the address has an account by now") from error


def _move(request: HttpRequest, link: LinkToken) -> None:
    """Give the account its new address. The session that asked for it stays, all others end."""
    user = cast(User, link.user)  # links of this kind belong to one
    former = user.email
    try:
        with transaction.atomic():
            links.use(link)
            user.email = link.email
            user.save(update_fields=["email"])
            sessions.end_all_of(user, "email_changed", keep=link.session_id)
            asked = Session.objects.get(id=link.session_id)
            signals.tell("email_changed", request, user=user, session=asked)
    except IntegrityError as error:
        raise DeadLink("the address has an account by now") from error
    letters.send(letters.ADDRESS_CHANGED, former, user, new=user.email)
