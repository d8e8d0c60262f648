"""Endpoints for signing in through an identity provider: go there, and come back.

Serves steps 1, 2 and 4. The way back starts at another site, so the browser sends none of our
Strict cookies with it: what the callback must know is in the signed handshake, and it ends with a
redirect to a page that asks who is signed in from our own origin. Each refusal changes nothing and
ends on a page that says why, by a code in its query. Leaves out: linking (federation.linking).
"""

import logging
import re
from dataclasses import replace
from urllib.parse import urlsplit

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.request import split_domain_port
from django.utils.encoding import iri_to_uri

from .. import callers, sessions, signals, subjects
from ..conf import conf
from ..credentials import budgets
from ..errors import Throttled
from ..models import Session
from ..web import cookies
from ..web.browser import session_state, sessions_in_cookies
from . import handshake as handshakes
from . import matching, protocol
from .handshake import Handshake
from .linking import ProviderView, ask_to_link, start, to
from .protocol import Proof, SignInError
from .provider import ProviderError

log = logging.getLogger("accounts")

LOGIN = "/login"
CONFIRMED = "/login/confirmed"

# A path on our own origin as every browser reads it: no //host, no backslash, no control character
# (which browsers drop). Not under /auth: coming back must not start another trip.
OWN_PATH = re.compile(r"/(?![/\\]|auth/|login(?:[/?#]|$))[^\\\x00-\x20\x7f]*")
# In ASCII, as it stands in a cookie and in a header.
LONGEST_PATH = 500


class BeginView(ProviderView):
    """GET /auth/oidc/login: to the provider. `reauthenticate=1` renews this session's step-up."""

    answers = 302

    def get(self, request: HttpRequest) -> HttpResponse:
        target = own_path(request.GET.get("next"))
        if host_of(request.get_host()) != host_of(urlsplit(conf.issuer).netloc):
            return to_issuers_host(request, target)
        if request.META.get("HTTP_SEC_FETCH_SITE", "none") not in ("none", "same-origin"):
            # Another site may not send people off to be signed in anew: they must press the button.
            return to(LOGIN, next=target)
        session = session_state(request)["session"]
        step_up = request.GET.get("reauthenticate") == "1"
        if step_up and session is None:
            return to(LOGIN, reason="session_ended")
        handshake = Handshake(
            next=target,
            remember=request.GET.get("remember") == "1",
            sessions=tuple(sessions_in_cookies(request).values_list("id", flat=True)),
            step_up=session["id"] if step_up and session else "",
        )
        try:
            response = HttpResponseRedirect(protocol.begin(handshake))
        except ProviderError as error:
            return refusal(request, handshake, "oidc_unavailable", error)
        handshakes.make_room(request, response, adding=1)
        handshakes.keep(response, handshake)
        return response


class CallbackView(ProviderView):
    """GET /auth/oidc/callback: the provider's answer, good for one sign-in or step-up."""

    answers = 302

    def get(self, request: HttpRequest) -> HttpResponse:
        under_way = handshakes.kept_in(request, Handshake)
        handshake = under_way.pop(handshakes.trip_of(request.GET.get("state", "")), None)
        try:
            if handshake is None:
                raise stray(request, is_expected=bool(under_way))
            proof = prove(request, handshake)
            response = (renew if handshake.step_up else sign_in)(request, handshake, proof)
        except SignInError as error:
            response = refusal(request, handshake, error.reason, error)
        except ProviderError as error:
            response = refusal(request, handshake, "oidc_unavailable", error)
        except Throttled as error:
            response = refusal(request, handshake, "oidc_throttled", error)
        if handshake is not None:
            handshakes.drop(response, handshake)
        return response


def host_of(place: str) -> str:
    """Return the host without its port, which cookies do not look at."""
    return split_domain_port(place)[0]


def to_issuers_host(request: HttpRequest, target: str) -> HttpResponse:
    """Send a trip that is begun at another host of ours to where the provider will answer.

    Cookies belong to one host, so the callback would see none of a trip that began here.
    """
    flags = {name: "1" for name in ("remember", "reauthenticate") if request.GET.get(name) == "1"}
    return to(f"{conf.issuer}{request.path}", next=target, **flags)


def stray(request: HttpRequest, *, is_expected: bool) -> SignInError:
    """Return what becomes of an answer to a trip that this browser is not on.

    No trip ends by it: only who knows its state can end one.
    """
    if "error" in request.GET:
        return protocol.refused(request.GET.get("error", ""))  # some say it without a state
    if is_expected:
        return SignInError("oidc_failed", "the state is of none of the trips under way")
    return SignInError("oidc_expired", "there is no handshake for this answer")


def prove(request: HttpRequest, handshake: Handshake) -> Proof:
    """Return who the provider says it is. Failures count, and a handshake counts once.

    Raise SignInError if the answer does not hold, ProviderError if the provider does not answer,
    Throttled after too many failures.
    """
    code = protocol.check_answer(handshake, request.GET)
    limits = [budgets.Budget("identity provider", callers.network_of(request), 100, 600)]
    budgets.spend(limits)
    try:
        proof = protocol.redeem(handshake, code)
    except ProviderError:
        budgets.give_back(limits)  # nobody's fault here
        raise
    budgets.give_back(limits)
    # The provider refuses a code's second use; should it not, this counter, shared by all, does.
    try:
        budgets.spend([budgets.Budget("handshake", handshake.state, 1, handshakes.SECONDS)])
    except Throttled as error:
        raise SignInError("oidc_failed", "the handshake was used before") from error
    return proof


def sign_in(request: HttpRequest, handshake: Handshake, proof: Proof) -> HttpResponse:
    """Return the way on with a session of ours for that identity, or to the page where an unknown
    one shows whose it is. Raise SignInError if neither is possible."""
    user = matching.owner(proof.issuer, proof.subject)
    if user is None:
        told = matching.profile(proof)
        account = matching.account_of(told.email) if told.verified else None
        if account is not None or not told.verified:
            return ask_to_link(handshake, proof, told, account)
        user = matching.create(request, proof, told.email, told.name)
    if not user.is_active:
        signals.tell("sign_in_failed", request, user=user)
        raise SignInError("oidc_inactive", "the user is inactive")
    sessions.end(Session.objects.filter(id__in=handshake.sessions), "replaced")
    fresh = proof.is_fresh(handshake.began)
    with transaction.atomic():
        matching.hold(user, proof)
        issued = start(request, user, remember=handshake.remember, fresh=fresh)
    response = HttpResponseRedirect(handshake.next)
    cookies.set_tokens(response, issued)
    for other in handshakes.kept_in(request, Handshake).values():
        if other.trip != handshake.trip:
            # Should another tab's trip end in a sign-in too, that replaces this one.
            had = (*other.sessions, issued.session.id)
            handshakes.keep(response, replace(other, sessions=had))
    return response


def renew(request: HttpRequest, handshake: Handshake, proof: Proof) -> HttpResponse:
    """Renew the step-up time of a session: its person was asked for their credential just now.

    Raise SignInError if it was another person, or not just now.
    """
    user = matching.owner(proof.issuer, proof.subject)
    if user is None or not user.gatehouse_sessions.filter(id=handshake.step_up).exists():
        raise SignInError("oidc_other_person", "the session is not of this identity's user")
    session = sessions.find_live(handshake.step_up, subjects.of(user).sub)
    if session is None:
        raise SignInError("oidc_session_over", "the session has ended meanwhile")
    if not proof.is_fresh(handshake.began):
        raise SignInError("oidc_stale", f"auth_time is {proof.claims.get('auth_time')!r}")
    sessions.reauthenticated(session)
    signals.tell("reauthenticated", request, user=user, session=session)
    return to(CONFIRMED)


def own_path(text: str | None) -> str:
    """Return the path, in ASCII, if it is one of ours; otherwise the home page."""
    if not text or not OWN_PATH.fullmatch(text):
        return conf.home
    path = iri_to_uri(text)
    return path if len(path) <= LONGEST_PATH else conf.home


def refusal(
    request: HttpRequest, handshake: Handshake | None, reason: str, cause: Exception
) -> HttpResponse:
    """Return the way to the page that says why, and note the failure."""
    log.info("refused %s: %s", reason, cause, extra={"cause": repr(cause.__cause__)})
    if reason not in ("oidc_cancelled", "oidc_unavailable", "oidc_inactive"):
        signals.tell("sign_in_failed", request, detail={"reason": reason}, anonymous=True)
    if handshake is not None and handshake.step_up:
        return to(CONFIRMED, reason=reason)
    return to(LOGIN, reason=reason, next=handshake.next if handshake else conf.home)
