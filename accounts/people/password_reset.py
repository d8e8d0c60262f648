"""Reset a forgotten password, by a link in a mail."""

from collections.abc import Callable
from typing import Any, cast

from django.db import transaction
from django.http import HttpRequest
from rest_framework.response import Response

from .. import signals
from ..credentials import budgets
from ..errors import ValidationFailed
from ..sessions.user_changes import Occasion
from ..users.models import User
from ..web.bodies import MISSING, Body
from ..web.browser import BrowserView
from . import delivery, links, mails, password_rules
from .bodies import NewPassword
from .links import DeadLink
from .mails import Letter
from .models import LinkToken
from .password_change import hash_password, store

# Each returns the letter with which this user gets the link, or None for the usual letter. A part
# whose people may have no password adds one.
LETTERS: list[Callable[[User], Letter | None]] = []


class PasswordReset(Body):
    """The token of a link, with the new password.

    Without a password a good token is not used. The answer says that the password is missing.
    """

    token = links.TokenField()
    new_password = NewPassword(required=False)


class ResetView(BrowserView):
    """POST /auth/password/reset: send a link if the address has an account.

    The answer does not tell whether it has one.
    """

    takes = links.AddressBody
    answers = 202
    refuses = (429,)

    def post(self, request: HttpRequest, given: dict[str, Any]) -> Response:
        email = given["email"]
        mails.require_server()
        budgets.spend(mails.mail_budgets(request, "reset", email))
        delivery.run_with_constant_delay(offer_reset, request, email)
        return Response(status=202)


class ResetConfirmView(BrowserView):
    """POST /auth/password/reset/confirm: set the new password, and end all sessions.

    It signs nobody in.
    """

    takes = PasswordReset
    answers = 204
    refuses = (429,)

    def post(self, request: HttpRequest, given: dict[str, Any]) -> Response:
        try:
            reset(request, given["token"], given.get("new_password"))
        except DeadLink:
            budgets.count_bad_token(request)
            raise
        return Response(status=204)


def offer_reset(request: HttpRequest, email: str) -> None:
    """Send a link if the address belongs to somebody who can use one."""
    user = User.objects.filter(email=email).first()
    if user is not None:
        send_reset(request, user)


def send_reset(request: HttpRequest, user: User, **detail: Any) -> bool:
    """Send a link, tell of the event, and return whether that was possible.

    A person who has no password yet can set the first one.
    """
    if not (user.is_active and mails.can_receive_mail(user.email)):
        return False
    others = filter(None, (letter_for(user) for letter_for in LETTERS))
    letter = next(others, mails.RESET)
    mails.send(letter, user.email, user, link=links.make("reset", user.email, user=user))
    signals.tell("password_reset_sent", request, user=user, detail=detail)
    return True


def reset(request: HttpRequest, token: str, new: str | None) -> None:
    """Set a new password for the user of the link, and end all of that user's sessions.

    Raise DeadLink if the link does not work, and ValidationFailed if the password is missing or
    breaks a rule.
    """
    link = links.find(token, LinkToken.Kind.RESET)
    if new is None:
        raise ValidationFailed(errors={"new_password": [MISSING]})
    user = cast(User, link.user)  # every link of this kind has a user
    password_rules.check(new, user, "new_password")
    digest = hash_password(new)
    with transaction.atomic():
        links.use(link)
        store(user, digest, Occasion("password_reset", request))
    budgets.clear(user.email)
