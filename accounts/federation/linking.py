"""Linking an identity at the provider to the account that has its address already.

Serves steps 1, 2 and 4. The provider vouches for the address, and that is not enough: whoever gets
hold of an address would get the account. Its password is asked for once, under the budgets of any
sign-in. An account without a password, and an address that nobody vouches for, take a mailed link
instead, which works in the asking browser alone. Until then the identity waits in a signed cookie,
and nothing is written.
"""

from typing import Any, ClassVar
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from rest_framework.request import Request
from rest_framework.response import Response

from .. import credentials, sessions, subjects
from ..conf import conf
from ..credentials import budgets
from ..errors import NotFound, ValidationFailed
from ..models import Session, User
from ..people import afterwards, letters
from ..people.links import DeadLink
from ..tokens.claims import Issued
from ..web import bodies, csrf
from ..web.browser import BrowserView, response_with_cookies, sessions_in_cookies
from ..web.wording import MISSING
from . import handshake as handshakes
from . import matching
from .handshake import Handshake, Pending
from .matching import Profile
from .protocol import Proof, SignInError

LINK = "/login/link"


class ProviderView(BrowserView):
    """Exists only where an identity provider is configured."""

    refuses: ClassVar[tuple[int, ...]] = (404,)

    def check_permissions(self, request: Request) -> None:
        if not conf.oidc_issuer:
            raise NotFound
        super().check_permissions(request)


class LinkView(ProviderView):
    """GET and POST /auth/oidc/link: an identity and the account of its address become one.

    `trip` names the one that is meant, where several tabs wait for theirs; otherwise the newest.
    """

    takes = bodies.PasswordOfTrip
    answers: ClassVar[Any] = {"GET": bodies.WaitingIdentity, "POST": bodies.State}
    query = bodies.WaitingTrip
    refuses = (401, 404, 429)

    def get(self, request: HttpRequest) -> Response:
        """Tell which address waits, at which provider, and how to show that it is one's own."""
        pending, account = waiting(request, request.GET.get("trip", ""))
        ways = matching.ways(pending.email, account)
        told = {"email": pending.email, "provider": conf.oidc_name, "ways": ways}
        response = Response(told)
        handshakes.make_room(request, response)
        return response

    def post(self, request: HttpRequest, given: dict[str, Any]) -> Response:
        """The account's password links them, and signs in."""
        pending, account = waiting(request, given["trip"])
        if account is None:
            raise NotFound("the address is not proven")
        user = credentials.verify_again(request, account, given["password"], "sign_in_failed")
        try:
            matching.link(request, user, pending.issuer, pending.subject)
        except SignInError as error:
            raise NotFound(str(error)) from error
        return signed_in(request, user, pending, fresh=True)


class LinkMailView(ProviderView):
    """POST /auth/oidc/link/mail: a link to the address that waits; the answer tells nothing."""

    takes = bodies.WaitingTrip
    answers = 202
    refuses = (404, 429)

    def post(self, request: HttpRequest, given: dict[str, Any]) -> Response:
        pending, _ = waiting(request, given["trip"])
        letters.require_server()
        budgets.spend(budgets.mail_budgets(request, "identity", pending.email))
        afterwards.hidden(matching.send_link, request, pending)
        response = Response(status=202)
        handshakes.keep(response, pending)  # anew: it must wait for as long as the link lives
        return response


class LinkConfirmView(ProviderView):
    """POST /auth/oidc/link/confirm: the mailed link, in the browser that asked for it.

    Makes the account, or links the one there is. If that has a password, it is asked for too.
    """

    takes = bodies.LinkConfirmation
    answers = bodies.State
    refuses = (401, 404, 429)

    def post(self, request: HttpRequest, given: dict[str, Any]) -> Response:
        try:
            pending, link = matching.mailed(request, given["token"])
            account = matching.holder(link)
            password = None
            if account is not None and account.has_usable_password():
                password = given.get("password")
                if password is None:
                    raise ValidationFailed(errors={"password": [MISSING]})
                credentials.verify_again(request, account, password, "sign_in_failed")
            user = matching.settle(request, pending, link, account)
        except DeadLink:
            budgets.count_bad_token(request)
            raise
        return signed_in(request, user, pending, fresh=password is not None)


def ask_to_link(
    handshake: Handshake, proof: Proof, told: Profile, account: User | None
) -> HttpResponse:
    """Return the way to the page where the person shows that the address is theirs.

    Raise SignInError if there is no way to show it.
    """
    if not matching.ways(told.email, account):
        reason = "oidc_taken" if account else "oidc_unverified"
        raise SignInError(reason, "no mail reaches the address")
    pending = Pending(
        issuer=proof.issuer,
        subject=proof.subject,
        account=subjects.of(account).sub if account else "",
        email=told.email,
        name=told.name,
        remember=handshake.remember,
        trip=handshake.trip,
    )
    response = to(LINK, trip=pending.trip, next=handshake.next)
    handshakes.keep(response, pending)
    return response


def signed_in(request: HttpRequest, user: User, pending: Pending, *, fresh: bool) -> Response:
    """Return the answer to whoever has just shown whose the waiting identity is: a session."""
    sessions.end(sessions_in_cookies(request), "replaced")
    response = response_with_cookies(start(request, user, remember=pending.remember, fresh=fresh))
    handshakes.drop(response, pending)
    return response


def start(request: HttpRequest, user: User, *, remember: bool, fresh: bool) -> Issued:
    """Start a session: from here on it is a sign-in like any other."""
    issued = sessions.start(
        user,
        client=Session.Client.WEB,
        remember=remember,
        request=request,
        method="oidc",
        fresh=fresh,
    )
    credentials.announce_sign_in(request, user)
    csrf.rotate(request)
    return issued


def waiting(request: HttpRequest, trip: str) -> tuple[Pending, User | None]:
    """Return the identity that waits, and the account of its address if that is proven.

    Raise NotFound if either is gone.
    """
    found = handshakes.kept_in(request, Pending)
    pending = found.get(trip) if trip else next(iter(found.values()), None)
    if pending is None:
        raise NotFound("nothing waits to be linked")
    if not pending.account:
        return pending, None
    account = subjects.with_sub(pending.account)
    if account is None or not account.is_active or account.email != pending.email:
        raise NotFound("the account has moved to another address")
    return pending, account


def to(page: str, **query: str) -> HttpResponse:
    """Return the way to a page of ours. The home page as `next` is left out."""
    told = {name: text for name, text in query.items() if (name, text) != ("next", conf.home)}
    return HttpResponseRedirect(f"{page}?{urlencode(told)}" if told else page)
