"""Change an e-mail address: a link to the new address proves it, then the account moves.

Leaves out: the endpoint that takes the link, which it shares with registrations
(people.registration).
"""

from typing import Any, cast

from django.db import IntegrityError, transaction
from django.http import HttpRequest
from rest_framework.response import Response

from .. import sessions, signals
from ..credentials import budgets
from ..errors import ValidationFailed
from ..models import Session
from ..users.models import User
from ..web.authentication import SignedInRequest
from ..web.base import ProtectedEndpoint
from ..web.browser import own_session
from ..web.permissions import RecentlyAuthenticated
from . import delivery, links, mails
from .links import DeadLink
from .models import LinkToken


class EmailChangeView(ProtectedEndpoint):
    """POST /auth/email/change: send a link to the new address, and a notice to the old one."""

    takes = links.AddressBody
    answers = 202
    permission_classes = (RecentlyAuthenticated,)

    def post(self, request: SignedInRequest, given: dict[str, Any]) -> Response:
        email = given["email"]
        session, user = own_session(request)
        if email == user.email:
            raise ValidationFailed(errors={"email": ["This is your address already."]})
        mails.require_server()
        budgets.spend(mails.mail_budgets(request, "e-mail change", email))
        signals.tell("email_change_requested", request, user=user, session=session)
        delivery.run_with_constant_delay(offer, session, user, email)
        return Response(status=202)


def offer(session: Session, user: User, email: str) -> None:
    """Send a link to the new address. If it has an account, send it the word that somebody tried.

    The link stops working when the session that asked for it ends. So whoever ends a thief's
    session ends the thief's links too.
    """
    other = User.objects.filter(email=email).first()
    if other is not None:
        mails.send(mails.ALREADY_REGISTERED, email, other)
    else:
        link = links.make("email", email, user=user, session_id=session.id)
        mails.send(mails.NEW_ADDRESS, email, user, link=link)


def move(request: HttpRequest, link: LinkToken) -> None:
    """Give the account its new address, and end all sessions but the one that asked for it.

    Raise DeadLink if the address has an account by now or the link does not work any more.
    """
    user = cast(User, link.user)  # every link of this kind has a user
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
    mails.send(mails.ADDRESS_CHANGED, former, user, new=user.email)
