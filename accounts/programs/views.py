"""Endpoints for first-party programs on devices: tokens in JSON, never a cookie in or out.

A request that a page in a browser sent is refused. Otherwise its scripts could get hold of tokens
that a cookie keeps from them.
"""

from typing import Any, ClassVar

from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from .. import credentials, sessions, subjects, tokens
from ..credentials import budgets
from ..errors import BrowserMustUseCookies, NotFound, SessionEnded
from ..evidence import BY_PASSWORD
from ..models import Session
from ..tokens.claims import Issued
from ..web.base import Endpoint
from ..web.bodies import Body, ClientSignIn
from .conf import conf


class ProgramSignIn(ClientSignIn):
    code = serializers.CharField(max_length=32, required=False)


class RefreshBody(Body):
    refresh_token = serializers.CharField(max_length=100_000, trim_whitespace=False)


class TokenPair(serializers.Serializer[Any]):
    """RFC 6749 section 5.1, and the refresh token's life in seconds."""

    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField()
    refresh_expires_in = serializers.IntegerField()
    scope = serializers.CharField()


class ClientView(Endpoint):
    """The base of endpoints that answer programs only.

    Every current browser sends Sec-Fetch-Site, and no page can suppress it.
    """

    authentication_classes = ()
    permission_classes = ()
    refuses: ClassVar[tuple[int, ...]] = (403, 404)

    def check_permissions(self, request: Request) -> None:
        if not conf.api_clients:
            raise NotFound
        if "HTTP_SEC_FETCH_SITE" in request.META:
            raise BrowserMustUseCookies


class TokenView(ClientView):
    """POST /auth/token: check the credentials, and answer a pair of tokens.

    People with a second factor give a code of their authenticator app too. A program that sends a
    proof of its key (header DPoP, RFC 9449) gets tokens that nobody can use without the key.
    """

    takes = ProgramSignIn
    answers = TokenPair
    refuses = (401, 403, 404, 429)

    def post(self, request: HttpRequest, given: dict[str, Any]) -> Response:
        sessions.check_key(request, Session.Client.CLI)
        user = credentials.verify(request, given[subjects.name_field().name], given["password"])
        evidence = [*BY_PASSWORD, *credentials.prove(request, user, given)]
        sessions.require(user, evidence, request)
        issued = sessions.start(
            user,
            evidence=evidence,
            client=Session.Client.CLI,
            remember=True,
            request=request,
        )
        user_logged_in.send(type(user), request=request, user=user)  # which sets last_login
        return Response(pair(issued))


class TokenRefreshView(ClientView):
    """POST /auth/token/refresh: rotate the refresh token, as the browsers' endpoint does.

    A session that is bound to a key demands a proof of it.
    """

    takes = RefreshBody
    answers = TokenPair
    refuses = (401, 403, 404, 429)

    def post(self, request: HttpRequest, given: dict[str, Any]) -> Response:
        token = given["refresh_token"]
        try:
            issued = sessions.rotate(token, client=Session.Client.CLI, request=request)
        except SessionEnded:
            budgets.count_bad_token(request)
            raise
        return Response(pair(issued))


class TokenRevokeView(ClientView):
    """POST /auth/token/revoke: end the token's session. Always 200 (RFC 7009 section 2.2)."""

    takes = RefreshBody

    def post(self, request: HttpRequest, given: dict[str, Any]) -> Response:
        named = tokens.named_sessions([given["refresh_token"]], Session.Client.CLI)
        sessions.sign_out(Session.objects.filter(id__in=named), request)
        return Response({})


def pair(issued: Issued) -> dict[str, Any]:
    """Return both tokens as the values of `TokenPair`."""
    now = issued.issued_at
    return {
        "access_token": issued.access,
        "refresh_token": issued.refresh,
        "token_type": "DPoP" if issued.session.jkt else "Bearer",
        "expires_in": int((issued.access_expires_at - now).total_seconds()),
        "refresh_expires_in": int((issued.session.idle_expires_at - now).total_seconds()),
        "scope": issued.scope,
    }
