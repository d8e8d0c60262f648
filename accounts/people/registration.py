"""Register people: they prove an address by a mailed link, then choose a password.

Nobody can prepare an account on somebody else's address. No answer tells whether an address has an
account: what depends on that is done in the background, and only the mail says it.
"""

from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest
from rest_framework.response import Response

from .. import signals
from ..credentials import budgets
from ..errors import ValidationFailed
from ..users.models import User
from ..web.bodies import MISSING, Body, Name
from ..web.browser import BrowserView
from . import delivery, email_change, links, mails, password_rules
from .bodies import Address, NewPassword
from .links import DeadLink
from .models import LinkToken
from .password_change import hash_password


class Registration(Body):
    email = Address()
    name = Name(default="")


class Verification(Body):
    """The token of a link, with a password for a registration.

    Without a password a good token is not used. The answer says that the password is missing.
    """

    token = links.TokenField()
    password = NewPassword(required=False)


class RegisterView(BrowserView):
    """POST /auth/register: send a mail with the link. The answer is the same for every address."""

    takes = Registration
    answers = 202
    refuses = (429,)

    def post(self, request: HttpRequest, given: dict[str, Any]) -> Response:
        mails.require_server()
        budgets.spend(mails.mail_budgets(request, "register", given["email"]))
        delivery.run_with_constant_delay(invite, given["email"], given["name"])
        return Response(status=202)


class VerifyView(BrowserView):
    """POST /auth/email/verify: use the link of a registration or of a change of address."""

    takes = Verification
    answers = 204
    refuses = (429,)

    def post(self, request: HttpRequest, given: dict[str, Any]) -> Response:
        try:
            verify(request, given["token"], given.get("password"))
        except DeadLink:
            budgets.count_bad_token(request)
            raise
        return Response(status=204)


def invite(email: str, name: str) -> None:
    """Send a mail with a link to finish a registration, or with the word that there is an account.

    It is the second if the address has an account already.
    """
    user = User.objects.filter(email=email).first()
    if user is not None:
        mails.send(mails.ALREADY_REGISTERED, email, user)
    else:
        mails.send(mails.REGISTER, email, link=links.make("register", email, name=name))


def verify(request: HttpRequest, token: str, password: str | None) -> None:
    """Use a link to a new address: create the account, or move an account there.

    Raise DeadLink if the link does not work, and ValidationFailed if the password of a new account
    is missing or breaks a rule.
    """
    link = links.find(token, LinkToken.Kind.REGISTER, LinkToken.Kind.EMAIL)
    if link.kind == LinkToken.Kind.EMAIL:
        email_change.move(request, link)
    elif password is None:
        raise ValidationFailed(errors={"password": [MISSING]})
    else:
        create(request, link, password)


def create(request: HttpRequest, link: LinkToken, password: str) -> None:
    """Create the account that a registration asked for.

    Raise DeadLink if the address has an account by now or the link does not work any more, and
    ValidationFailed if the password breaks a rule.
    """
    user = User(email=link.email, name=link.name)
    password_rules.check(password, user, "password")
    user.password = hash_password(password)
    try:
        with transaction.atomic():
            links.use(link)
            user.save(force_insert=True)
            signals.tell("account_created", request, user=user)
    except IntegrityError as error:
        raise DeadLink("the address has an account by now") from error
