"""Share among views for browsers the base view and the sessions in their cookies.

Credentials go in and out in HttpOnly cookies alone. Each unsafe request passes the CSRF defence,
even an anonymous one, because a forged sign-in is an attack too. A stale or broken cookie never
blocks these views: no token is looked at before the view decides to.
"""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.signals import user_logged_in
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from .. import sessions, tokens
from ..errors import DeviceProofRequired, InvalidToken, SessionEnded
from ..evidence import Evidence
from ..models import Session
from ..tokens.claims import AccessClaims, Issued
from . import base, bodies, cookies, csrf
from .authentication import SignedInRequest, claims_of


class BrowserView(base.Endpoint):
    """The base of views for anyone's browser. The Authorization header is not looked at."""

    authentication_classes = ()
    permission_classes = ()
    for_browsers = True

    def check_permissions(self, request: Request) -> None:
        """Raise CsrfFailed as `csrf.check` does."""
        csrf.check(self.http)


def sessions_in_cookies(request: HttpRequest) -> QuerySet[Session]:
    """Return a query for the sessions that authentic web tokens in the request's cookies name."""
    texts = cookies.sent(request).values()
    return Session.objects.filter(id__in=tokens.named_sessions(texts, Session.Client.WEB))


def access_claims(request: HttpRequest) -> AccessClaims | None:
    """Return what the access cookie says, or None if there is none that is good."""
    try:
        return claims_of(request, cookies.read_access(request) or "")
    except (InvalidToken, DeviceProofRequired):
        return None


def sign_in(
    request: HttpRequest,
    user: AbstractBaseUser,
    *,
    evidence: Sequence[Evidence],
    remember: bool,
    replaced: QuerySet[Session] | None = None,
) -> Issued:
    """Start a session in this browser, with all that belongs to a sign-in.

    It ends the sessions that the browser had (ASVS 7.2.4: a planted one must not survive), or
    those that are given. Raise what `sessions.start` raises.
    """
    had = sessions_in_cookies(request) if replaced is None else replaced
    issued = sessions.start(
        user, evidence=evidence, client=Session.Client.WEB, remember=remember, request=request
    )
    sessions.end(had.exclude(id=issued.session.id), "replaced")
    user_logged_in.send(type(user), request=request, user=user)  # which sets last_login
    csrf.rotate(request)
    return issued


def response_with_cookies(issued: Issued) -> HttpResponse:
    """Return an answer with the tokens in Set-Cookie and everything else in the body."""
    state = bodies.state_json(issued.user, issued.session, issued.access_expires_at)
    response = base.json_response(state)
    cookies.set_tokens(response, issued)
    return response


def session_state(request: HttpRequest) -> dict[str, Any]:
    """Return who is signed in by the request's cookies, and until when."""
    claims = access_claims(request)
    if claims is not None:
        sessions.confirm(claims.sid, claims.gen)
        session = sessions.find_live(claims.sid, claims.sub)
        if session and session.user and not _is_outdated(request, session, claims):
            return bodies.state_json(session.user, session, claims.expires_at)
    return {"authenticated": False, "user": None, "session": _refreshable(request)}


def _is_outdated(request: HttpRequest, session: Session, claims: AccessClaims) -> bool:
    """Return whether the token is from before the session was bound, and can be refreshed.

    It cannot while the browser is registering, right after the sign-in: what proves the key is
    still on its way to it. The token counts then.
    """
    return session.jkt != claims.jkt and _refreshable(request) is not None


def _refreshable(request: HttpRequest) -> dict[str, Any] | None:
    """Return the session that the refresh cookie could renew, or None."""
    refresh = cookies.read_refresh(request)
    if refresh is None:
        return None
    try:
        session = sessions.refreshable(refresh, client=Session.Client.WEB)
        if session.jkt:
            sessions.require_key(request, session.id, session.jkt)
    except (SessionEnded, DeviceProofRequired):
        return None
    return bodies.session_json(session, None)


def own_session(request: SignedInRequest) -> tuple[Session, Any]:
    """Return the row behind the caller's token, and its user.

    Raise InvalidToken if the session has just ended.
    """
    session = sessions.find_live(request.user.session_id, request.user.sub)
    if session is None:
        raise InvalidToken("the session ended a moment ago")
    return session, session.user
