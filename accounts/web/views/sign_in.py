"""Serve browsers: who am I, sign in, refresh, sign out."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from rest_framework import serializers
from rest_framework.response import Response

from ... import credentials, sessions, signals, subjects, tokens
from ...credentials import budgets
from ...errors import NoRefreshToken, SecondFactorRequired, SessionEnded
from ...evidence import BY_PASSWORD
from ...models import Session
from .. import base, bodies, browser, cookies, csrf
from ..browser import BrowserView
from ..problems import from_problem


class SignIn(bodies.ClientSignIn):
    """A sign-in in a browser. `remember` is "keep me signed in"."""

    remember = serializers.BooleanField(default=False)


class SessionView(BrowserView):
    """GET /auth/session: who am I, without a 401."""

    answers = bodies.State

    def get(self, request: HttpRequest) -> HttpResponse:
        csrf.ensure_cookie(request)
        return base.json_response(browser.session_state(request))


class LoginView(BrowserView):
    """POST /auth/login: credentials in, two cookies out, no token in the body."""

    takes = SignIn
    answers = bodies.State
    refuses = (401, 429)

    def post(self, request: HttpRequest, given: dict[str, Any]) -> HttpResponse:
        user = credentials.verify(request, given[subjects.name_field().name], given["password"])
        proven: dict[str, Any] = {"evidence": BY_PASSWORD, "remember": given["remember"]}
        try:
            issued = browser.sign_in(request, user, **proven)
        except SecondFactorRequired as refusal:
            response = from_problem(refusal)
            signals.interrupted.send(None, request=request, response=response, user=user, **proven)
            return response
        return browser.response_with_cookies(issued)


class RefreshView(BrowserView):
    """POST /auth/refresh: rotate. A refusal deletes no cookie, because it may be a lost race."""

    answers = bodies.State
    refuses = (401, 429)

    def post(self, request: HttpRequest) -> HttpResponse:
        token = cookies.read_refresh(request)
        if token is None:
            raise NoRefreshToken
        try:
            issued = sessions.rotate(token, client=Session.Client.WEB, request=request)
        except SessionEnded:
            budgets.count_bad_token(request)
            raise
        return browser.response_with_cookies(issued)


class LogoutView(BrowserView):
    """POST /auth/logout: end every session that an authentic cookie names, expired or not.

    A cookie that another server of this host set is left alone. Browsers do not tell ports apart
    (RFC 6265 section 8.5), and its session would be lost with it.
    """

    answers = 204

    def post(self, request: HttpRequest) -> Response:
        sent = cookies.sent(request).items()
        sessions.sign_out(browser.sessions_in_cookies(request), request)
        csrf.rotate(request)
        response = Response(status=204)
        anothers = [name for name, text in sent if tokens.is_anothers(text)]
        cookies.delete_tokens(response, but=anothers)
        # "cookies" is left out. It would clear the whole registrable domain, not just this host.
        response["Clear-Site-Data"] = '"storage"'
        return response
