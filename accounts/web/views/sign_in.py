"""Endpoints for browsers: who am I, sign in, refresh, sign out.

Serves steps 1, 4 and 8. Credentials go in and out in HttpOnly cookies alone. Each unsafe request
passes the CSRF defence, even an anonymous one: a forged sign-in is an attack too. A stale or
broken cookie never blocks them: no token is looked at before the view decides to.
"""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.response import Response

from ... import credentials, signals, subjects, tokens
from ... import sessions as session_flow
from ...credentials import budgets
from ...errors import InvalidToken, NoRefreshToken, SessionEnded
from ...models import Session
from ...sessions import revocation
from ...tokens.claims import Issued
from .. import base, bodies, cookies, csrf


class BrowserView(base.Endpoint):
    """Anyone's browser; the Authorization header is not looked at."""

    authentication_classes = ()
    permission_classes = ()
    for_browsers = True

    def check_permissions(self, request: Request) -> None:
        csrf.check(self.http)


class SessionView(BrowserView):
    """GET /auth/session: who am I, without a 401."""

    answers = bodies.State

    def get(self, request: HttpRequest) -> Response:
        csrf.ensure_cookie(request)
        return Response(current(request))


class LoginView(BrowserView):
    """POST /auth/login: credentials in, two cookies out, no token in the body."""

    takes = bodies.SignIn
    answers = bodies.State
    refuses = (401, 429)

    def post(self, request: HttpRequest, given: dict[str, Any]) -> Response:
        user = credentials.verify(request, given[subjects.name_field().name], given["password"])
        # Whatever session came with the request ends: a fixed one cannot survive (ASVS 7.2.4).
        session_flow.end(presented(request), "replaced")
        issued = session_flow.start(
            user,
            client=Session.Client.WEB,
            remember=given["remember"],
            request=request,
        )
        credentials.announce_sign_in(request, user)
        csrf.rotate(request)
        return delivered(issued)


class RefreshView(BrowserView):
    """POST /auth/refresh: rotates. A refusal deletes no cookie: it may be a lost race."""

    answers = bodies.State
    refuses = (401, 429)

    def post(self, request: HttpRequest) -> Response:
        token = cookies.read_refresh(request)
        if token is None:
            raise NoRefreshToken
        try:
            issued = session_flow.rotate(token, client=Session.Client.WEB, request=request)
        except SessionEnded:
            budgets.count_bad_token(request)
            raise
        return delivered(issued)


class LogoutView(BrowserView):
    """POST /auth/logout: ends every session that an authentic cookie names, expired or not.

    A cookie that another server of this host set is left alone. Browsers do not tell ports apart
    (RFC 6265 section 8.5), and its session would be lost with it.
    """

    answers = 204

    def post(self, request: HttpRequest) -> Response:
        sent = cookies.sent(request).items()
        sign_out(request, presented(request))
        csrf.rotate(request)
        response = Response(status=204)
        anothers = [name for name, text in sent if tokens.is_anothers(text)]
        cookies.delete_tokens(response, but=anothers)
        # Not "cookies": that would clear the whole registrable domain, not just this host.
        response["Clear-Site-Data"] = '"storage"'
        return response


def sign_out(request: HttpRequest, leaving: QuerySet[Session]) -> None:
    """End these sessions, those that still live with an event for each.

    Where that cannot be told or noted the session lives on: whoever tries again ends it.
    """
    for session in leaving.filter(ended_at=None).select_related("user"):
        with transaction.atomic():
            if session_flow.end(Session.objects.filter(id=session.id), "signed_out"):
                signals.tell("signed_out", request, user=session.user, session=session)


def presented(request: HttpRequest) -> QuerySet[Session]:
    """The sessions that authentic web tokens in the request's cookies name, as a query."""
    texts = cookies.sent(request).values()
    return Session.objects.filter(id__in=tokens.named_sessions(texts, Session.Client.WEB))


def delivered(issued: Issued) -> Response:
    """Step 4: the tokens in Set-Cookie, everything else in the body."""
    response = Response(bodies.state_json(issued.user, issued.session, issued.access_expires_at))
    cookies.set_tokens(response, issued)
    return response


def current(request: HttpRequest) -> dict[str, Any]:
    """What the cookies are worth, as `/auth/session` tells it."""
    access = cookies.read_access(request)
    if access is not None:
        try:
            claims = tokens.verify_access(access)
            revocation.check(claims)
            session_flow.confirm(claims.sid, claims.gen)
        except InvalidToken:
            pass
        else:
            session = session_flow.find_live(claims.sid, claims.sub)
            if session is not None and session.user is not None:
                return bodies.state_json(session.user, session, claims.expires_at)
    return {"authenticated": False, "user": None, "session": _refreshable(request)}


def _refreshable(request: HttpRequest) -> dict[str, Any] | None:
    refresh = cookies.read_refresh(request)
    if refresh is None:
        return None
    try:
        session = session_flow.refreshable(refresh, client=Session.Client.WEB)
    except SessionEnded:
        return None
    return bodies.session_json(session, None)
