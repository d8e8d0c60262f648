"""Endpoints for a new password: change it, or reset it by mail."""

from typing import Any

from django.http import HttpRequest
from rest_framework.response import Response

from ..credentials import budgets
from ..web import bodies
from ..web.authentication import SignedInRequest
from ..web.base import ProtectedEndpoint
from ..web.browser import BrowserView, own_session
from . import afterwards, letters, links, passwords, registration


class ChangeView(ProtectedEndpoint):
    """POST /auth/password/change: the current password is the step-up."""

    takes = bodies.PasswordChange
    answers = 204

    def post(self, request: SignedInRequest, given: dict[str, Any]) -> Response:
        passwords.change(
            request,
            *own_session(request),
            given["current_password"],
            given["new_password"],
        )
        return Response(status=204)


class ResetView(BrowserView):
    """POST /auth/password/reset: a mail, if there is an account; the answer does not tell."""

    takes = bodies.AddressBody
    answers = 202
    refuses = (429,)

    def post(self, request: HttpRequest, given: dict[str, Any]) -> Response:
        email = given["email"]
        letters.require_server()
        budgets.spend(budgets.mail_budgets(request, "reset", email))
        afterwards.hidden(registration.offer_reset, request, email)
        return Response(status=202)


class ResetConfirmView(BrowserView):
    """POST /auth/password/reset/confirm: ends all sessions, and signs nobody in."""

    takes = bodies.PasswordReset
    answers = 204
    refuses = (429,)

    def post(self, request: HttpRequest, given: dict[str, Any]) -> Response:
        try:
            passwords.reset(request, given["token"], given.get("new_password"))
        except links.DeadLink:
            budgets.count_bad_token(request)
            raise
        return Response(status=204)
