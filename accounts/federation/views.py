"""Endpoints for signing in through an identity provider: go there, come back, link an account.

The way back starts at another site, so the browser withholds our Strict cookies. What the callback
must know is in the signed handshake, and the callback redirects to a page, which asks from our own
origin who is signed in. A refusal changes nothing. It ends on a page that says why, by a code in
the query.
"""

import logging
import re
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.request import split_domain_port
from django.utils.encoding import iri_to_uri
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from .. import credentials, sessions, signals
from ..credentials import budgets
from ..errors import NotFound, Throttled
from ..evidence import BY_PASSWORD, Evidence
from ..people import delivery, links
from ..people.links import DeadLink
from ..people.mails import mail_budgets, require_server
from ..web.bodies import Body, Factors, Password, State
from ..web.browser import BrowserView, session_state, sessions_in_cookies
from . import flow, matching, protocol
from . import handshake as handshakes
from .conf import conf
from .flow import CONFIRMED, LOGIN, redirect
from .handshake import Handshake
from .protocol import SignInError
from .provider import ProviderError

log = logging.getLogger("gatehouse")

# A path on our own origin as every browser reads it: no //host, no backslash, no control character
# (which browsers drop). Not under /auth: coming back must not start another trip.
OWN_PATH = re.compile(r"/(?![/\\]|auth/|login(?:[/?#]|$))[^\\\x00-\x20\x7f]*")
# In ASCII, as it stands in a cookie and in a header.
LONGEST_PATH = 500


class WaitingTrip(Body):
    """Which trip to the identity provider is meant. Empty: the newest."""

    trip = serializers.CharField(max_length=64, allow_blank=True, default="")


class PasswordOfTrip(Factors, WaitingTrip):
    """The account's password, and a factor where the account has one."""

    password = Password()


class LinkConfirmation(Factors):
    """The token of a link, with the password of an account that has one, and a factor likewise.

    Without that password a good token is not used. The answer says that the password is missing.
    """

    token = links.TokenField()
    password = Password(required=False)


class WaitingIdentity(serializers.Serializer[Any]):
    """An identity at the provider that waits, and how to show that its address is one's own.

    `mail` is a link to the address, `password` that of the account which has the address.
    """

    email = serializers.EmailField()
    provider = serializers.CharField()
    ways = serializers.ListField(child=serializers.ChoiceField(choices=["password", "mail"]))


class ProviderView(BrowserView):
    """The base of endpoints that exist only where an identity provider is configured."""

    refuses: ClassVar[tuple[int, ...]] = (404,)

    def check_permissions(self, request: Request) -> None:
        if not conf.oidc_issuer:
            raise NotFound
        super().check_permissions(request)


class BeginView(ProviderView):
    """GET /auth/oidc/login: go to the provider. `reauthenticate=1` renews the session's step-up."""

    answers = 302

    def get(self, request: HttpRequest) -> HttpResponse:
        target = own_path(request.GET.get("next"))
        if host_of(request.get_host()) != host_of(urlsplit(conf.issuer).netloc):
            return redirect_to_issuers_host(request, target)
        if request.META.get("HTTP_SEC_FETCH_SITE", "none") not in ("none", "same-origin"):
            # Another site may not send people off to be signed in anew: they must press the button.
            return redirect(LOGIN, next=target)
        session = session_state(request)["session"]
        step_up = request.GET.get("reauthenticate") == "1"
        if step_up and session is None:
            return redirect(LOGIN, reason="session_ended")
        handshake = Handshake(
            next=target,
            remember=request.GET.get("remember") == "1",
            sessions=tuple(sessions_in_cookies(request).values_list("id", flat=True)),
            step_up=session["id"] if step_up and session else "",
        )
        try:
            response = HttpResponseRedirect(protocol.begin(handshake))
        except ProviderError as error:
            return refuse(request, handshake, "oidc_unavailable", error)
        handshakes.make_room(request, response, adding=1)
        handshakes.keep(response, handshake)
        return response


class CallbackView(ProviderView):
    """GET /auth/oidc/callback: take the provider's answer, for one sign-in or step-up."""

    answers = 302

    def get(self, request: HttpRequest) -> HttpResponse:
        kept = handshakes.kept_in(request, Handshake)
        handshake = kept.pop(handshakes.trip_of(request.GET.get("state", "")), None)
        try:
            if handshake is None:
                raise no_trip(request, are_others=bool(kept))
            proof = flow.prove(request, handshake)
            finish = flow.renew_step_up if handshake.step_up else flow.sign_in
            response = finish(request, handshake, proof)
        except SignInError as error:
            response = refuse(request, handshake, error.reason, error)
        except ProviderError as error:
            response = refuse(request, handshake, "oidc_unavailable", error)
        except Throttled as error:
            response = refuse(request, handshake, "oidc_throttled", error)
        if handshake is not None:
            handshakes.drop(response, handshake)
        return response


class LinkView(ProviderView):
    """GET and POST /auth/oidc/link: link an identity to the account that has its address.

    `trip` names the identity that is meant, where several tabs wait for theirs. Otherwise it is the
    newest.
    """

    takes = PasswordOfTrip
    answers: ClassVar[Any] = {"GET": WaitingIdentity, "POST": State}
    query = WaitingTrip
    refuses = (401, 404, 429)

    def get(self, request: HttpRequest) -> Response:
        """Tell which address waits, at which provider, and how to show that it is one's own."""
        pending, account = flow.pending_link(request, request.GET.get("trip", ""))
        ways = matching.ways(pending.email, account)
        told = {"email": pending.email, "provider": conf.oidc_name, "ways": ways}
        response = Response(told)
        handshakes.make_room(request, response)
        return response

    def post(self, request: HttpRequest, given: dict[str, Any]) -> HttpResponse:
        """Check the account's password, link the identity, and sign in."""
        pending, account = flow.pending_link(request, given["trip"])
        if account is None:
            raise NotFound("the address is not proven")
        user = credentials.verify_again(request, account, given["password"], "sign_in_failed")
        evidence = [*BY_PASSWORD, *credentials.prove(request, user, given)]
        sessions.require(user, evidence, request)  # before the identity could open the account
        try:
            matching.link(request, user, pending.issuer, pending.subject)
        except SignInError as error:
            raise NotFound(str(error)) from error
        return flow.finish_link(request, user, pending, evidence)


class LinkMailView(ProviderView):
    """POST /auth/oidc/link/mail: send a link to the waiting address. The answer tells nothing."""

    takes = WaitingTrip
    answers = 202
    refuses = (404, 429)

    def post(self, request: HttpRequest, given: dict[str, Any]) -> Response:
        pending, _ = flow.pending_link(request, given["trip"])
        require_server()
        budgets.spend(mail_budgets(request, "identity", pending.email))
        delivery.run_with_constant_delay(matching.send_link, request, pending)
        response = Response(status=202)
        handshakes.keep(response, pending)  # anew: it must wait for as long as the link works
        return response


class LinkConfirmView(ProviderView):
    """POST /auth/oidc/link/confirm: use the mailed link, in the browser that asked for it.

    Creates the account, or links the one there is. If that has a password, it is asked for too.
    """

    takes = LinkConfirmation
    answers = State
    refuses = (401, 404, 429)

    def post(self, request: HttpRequest, given: dict[str, Any]) -> HttpResponse:
        try:
            pending, link = matching.find_mailed(request, given["token"])
            account = matching.account_of_link(link)
            evidence: list[Evidence] = []
            if account is not None:
                evidence = flow.prove_account(request, account, given)
            user = matching.use_link(request, pending, link, account)
        except DeadLink:
            budgets.count_bad_token(request)
            raise
        return flow.finish_link(request, user, pending, evidence)


def own_path(text: str | None) -> str:
    """Return the path, in ASCII, if it is one of ours. Otherwise return the home page."""
    if not text or not OWN_PATH.fullmatch(text):
        return conf.home
    path = iri_to_uri(text)
    return path if len(path) <= LONGEST_PATH else conf.home


def host_of(place: str) -> str:
    """Return the host without its port, which cookies ignore."""
    return split_domain_port(place)[0]


def redirect_to_issuers_host(request: HttpRequest, target: str) -> HttpResponse:
    """Return a redirect to the same endpoint at the host where the provider will answer.

    Cookies belong to one host. So the callback would not see a trip that began at another one.
    """
    flags = {name: "1" for name in ("remember", "reauthenticate") if request.GET.get(name) == "1"}
    return redirect(f"{conf.issuer}{request.path}", next=target, **flags)


def no_trip(request: HttpRequest, *, are_others: bool) -> SignInError:
    """Return the error for an answer to a trip that this browser is not on.

    It ends none of the other trips: only who knows the state of a trip can end it.
    """
    if "error" in request.GET:
        return protocol.refused(request.GET.get("error", ""))  # some providers leave the state out
    if are_others:
        return SignInError("oidc_failed", "the state is of none of the trips under way")
    return SignInError("oidc_expired", "there is no handshake for this answer")


def refuse(
    request: HttpRequest, handshake: Handshake | None, reason: str, cause: Exception
) -> HttpResponse:
    """Tell of the failure, and return the redirect to the page that says why."""
    log.info("refused %s: %s", reason, cause, extra={"cause": repr(cause.__cause__)})
    if reason not in ("oidc_cancelled", "oidc_unavailable", "oidc_inactive"):
        signals.tell("sign_in_failed", request, detail={"reason": reason}, anonymous=True)
    if handshake is not None and handshake.step_up:
        return redirect(CONFIRMED, reason=reason)
    return redirect(LOGIN, reason=reason, next=handshake.next if handshake else conf.home)
