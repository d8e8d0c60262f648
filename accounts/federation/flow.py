"""Take the steps of a sign-in through the identity provider, of which its endpoints are made.

An identity that is known signs in. An unknown one with a new address, which the provider vouches
for, gets an account. Where the address has an account already, the provider's word is not enough:
whoever gets hold of an address would get the account. The account's password is asked for once,
under the budgets of any sign-in. An account without a password, and an address that nobody vouches
for, take a mailed link instead, which works in the asking browser alone. Until then the identity
waits in a signed cookie, and nothing is written.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from .. import callers, credentials, sessions, signals, subjects
from ..conf import STEP_UP_SECONDS
from ..credentials import budgets
from ..errors import NotFound, SecondFactorRequired, Throttled, ValidationFailed
from ..evidence import BY_PASSWORD, Evidence
from ..models import Session
from ..users.models import User
from ..web import browser, cookies
from ..web.bodies import MISSING
from ..web.browser import response_with_cookies
from . import handshake as handshakes
from . import matching, protocol
from .conf import conf
from .handshake import Handshake, Pending
from .matching import Profile
from .protocol import Proof, SignInError
from .provider import ProviderError

LOGIN = "/login"
CONFIRMED = "/login/confirmed"
LINK = "/login/link"


def prove(request: HttpRequest, handshake: Handshake) -> Proof:
    """Return who the provider says it is. Failures count, and a handshake can be used once.

    Raise SignInError if the answer does not hold, ProviderError if the provider does not answer,
    and Throttled after too many failures.
    """
    code = protocol.check_answer(handshake, request.GET)
    charged = [budgets.Budget("identity provider", callers.network_of(request), 100, 600)]
    budgets.spend(charged)
    try:
        proof = protocol.redeem(handshake, code)
    except ProviderError:
        budgets.give_back(charged)  # not the caller's fault
        raise
    budgets.give_back(charged)
    # The provider has to refuse the second use of a code. This counter does it if the provider
    # does not. All processes share it.
    try:
        budgets.spend([budgets.Budget("handshake", handshake.state, 1, handshakes.SECONDS)])
    except Throttled as error:
        raise SignInError("oidc_failed", "the handshake was used before") from error
    return proof


def sign_in(request: HttpRequest, handshake: Handshake, proof: Proof) -> HttpResponse:
    """Return the redirect that ends a sign-in: with a session, or to the page that links accounts.

    Raise SignInError if neither is possible.
    """
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
    proven: dict[str, Any] = {
        "evidence": [matching.evidence(user, proof, handshake.began)],
        "remember": handshake.remember,
    }
    earlier = Session.objects.filter(id__in=handshake.sessions)
    try:
        with transaction.atomic():
            matching.lock_unchanged(user, proof)
            issued = browser.sign_in(request, user, **proven, replaced=earlier)
    except SecondFactorRequired as refusal:
        methods = ",".join(refusal.members["methods"])
        response = redirect(LOGIN, methods=methods, next=handshake.next)
        signals.interrupted.send(None, request=request, response=response, user=user, **proven)
        return response
    response = HttpResponseRedirect(handshake.next)
    cookies.set_tokens(response, issued)
    for other in handshakes.kept_in(request, Handshake).values():
        if other.trip != handshake.trip:
            # If another tab's trip ends in a sign-in too, that one replaces this session.
            had = (*other.sessions, issued.session.id)
            handshakes.keep(response, replace(other, sessions=had))
    return response


def renew_step_up(request: HttpRequest, handshake: Handshake, proof: Proof) -> HttpResponse:
    """Renew the step-up time of a session whose person has just entered their credential.

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
    try:
        sessions.reauthenticated(session, [proof.evidence(handshake.began)])
    except SecondFactorRequired as error:
        raise SignInError("oidc_second_factor", "the person has a second factor") from error
    signals.tell("reauthenticated", request, user=user, session=session)
    return redirect(CONFIRMED)


def ask_to_link(
    handshake: Handshake, proof: Proof, told: Profile, account: User | None
) -> HttpResponse:
    """Return the redirect to the page where the person shows that the address is theirs.

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
    response = redirect(LINK, trip=pending.trip, next=handshake.next)
    handshakes.keep(response, pending)
    return response


def pending_link(request: HttpRequest, trip: str) -> tuple[Pending, User | None]:
    """Return the identity that waits, and the account of its address if that is proven.

    Take the identity of this trip, or the newest if `trip` is empty. Raise NotFound if either is
    gone.
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


def prove_account(request: HttpRequest, account: User, given: dict[str, Any]) -> list[Evidence]:
    """Return what the owner of an account shows besides a mailed link: the password, and a factor.

    Raise ValidationFailed if the password of an account that has one is missing, and what checking
    them raises.
    """
    evidence: list[Evidence] = []
    if account.has_usable_password():
        if "password" not in given:
            raise ValidationFailed(errors={"password": [MISSING]})
        credentials.verify_again(request, account, given["password"], "sign_in_failed")
        evidence.extend(BY_PASSWORD)
    evidence.extend(credentials.prove(request, account, given))
    # A link in a mail is the provider's word and no second factor.
    provider = Evidence(how="oidc", amr=(), age=STEP_UP_SECONDS)
    sessions.require(account, [provider, *evidence], request)
    return evidence


def finish_link(
    request: HttpRequest, user: User, pending: Pending, evidence: Sequence[Evidence]
) -> HttpResponse:
    """Sign in whoever has just shown that the waiting identity is theirs, and return the answer.

    `evidence` is what they have shown besides.
    """
    # The provider's word was given before, perhaps without asking for anything.
    provider = Evidence(how="oidc", amr=(), age=STEP_UP_SECONDS)
    issued = browser.sign_in(
        request, user, evidence=[provider, *evidence], remember=pending.remember
    )
    response = response_with_cookies(issued)
    handshakes.drop(response, pending)
    return response


def redirect(page: str, **query: str) -> HttpResponse:
    """Return a redirect to a page of ours. Leave `next` out of the query if it is the home page."""
    told = {name: text for name, text in query.items() if (name, text) != ("next", conf.home)}
    return HttpResponseRedirect(f"{page}?{urlencode(told)}" if told else page)
