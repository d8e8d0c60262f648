"""Linking an identity at the provider to the account that has its address already.

Serves steps 1, 2 and 4. The provider vouches for the address, and that is not enough: whoever gets
hold of an address would get the account. Its password is asked for once, under the budgets of any
sign-in; until then the identity waits in a signed cookie and nothing is written.
"""

from typing import ClassVar
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import answers, credentials, csrf, handshakes, identities, serializers
from accounts import sessions as session_flow
from accounts.claims import Issued
from accounts.conf import conf
from accounts.errors import NotFound
from accounts.handshakes import Handshake, Pending
from accounts.models import Session, User
from accounts.oidc import Proof, SignInError
from accounts.views.browser import BrowserView, delivered, presented

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

    refuses = (401, 404, 429)

    @extend_schema(parameters=[serializers.WaitingTrip], responses=answers.WaitingIdentity)
    def get(self, request: Request) -> Response:
        """Whose account waits to be linked, and to which provider."""
        http = request._request
        _, account = waiting(http, http.GET.get("trip", ""))
        response = Response({"email": account.email, "provider": conf.oidc_client[2]})
        handshakes.make_room(http, response)
        return response

    @extend_schema(request=serializers.PasswordOfTrip, responses={200: answers.State})
    def post(self, request: Request) -> Response:
        """The account's password links them, and signs in."""
        given = serializers.PasswordOfTrip.of(request)
        http = request._request
        pending, account = waiting(http, given["trip"])
        user = credentials.verify_again(http, account, given["password"], "sign_in_failed")
        try:
            identities.link(http, user, pending.issuer, pending.subject)
        except SignInError as error:
            raise NotFound(str(error)) from error
        session_flow.end(presented(http), "replaced")
        response = delivered(start(http, user, remember=pending.remember, fresh=True))
        handshakes.drop(response, pending)
        return response


def ask_to_link(handshake: Handshake, proof: Proof, account: User) -> HttpResponse:
    """Return the way to the page that asks for the account's password."""
    pending = Pending(
        issuer=proof.issuer,
        subject=proof.subject,
        account=account.sub,
        email=account.email,
        remember=handshake.remember,
        trip=handshake.trip,
    )
    response = to(LINK, trip=pending.trip, next=handshake.next)
    handshakes.keep(response, pending)
    return response


def start(request: HttpRequest, user: User, *, remember: bool, fresh: bool) -> Issued:
    """From here on it is a sign-in like any other."""
    issued = session_flow.start(
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


def waiting(request: HttpRequest, trip: str) -> tuple[Pending, User]:
    """Return the identity that waits to be linked, and the account. Raise NotFound if either is
    gone."""
    found = handshakes.kept_in(request, Pending)
    pending = found.get(trip) if trip else next(iter(found.values()), None)
    if pending is None:
        raise NotFound("nothing waits to be linked")
    account = User.objects.filter(sub=pending.account, email=pending.email, is_active=True).first()
    if account is None:
        raise NotFound("the account has moved to another address")
    return pending, account


def to(page: str, **query: str) -> HttpResponse:
    """A page of ours; the home page as `next` goes without saying."""
    told = {name: text for name, text in query.items() if (name, text) != ("next", conf.home)}
    return HttpResponseRedirect(f"{page}?{urlencode(told)}" if told else page)
