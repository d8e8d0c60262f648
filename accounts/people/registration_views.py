"""Endpoints for proving an address: registration, and the confirmation of a new address."""

from typing import Any

from django.http import HttpRequest
from rest_framework.response import Response

from ..credentials import budgets
from ..web import bodies
from ..web.browser import BrowserView
from . import afterwards, letters, links, registration


class RegisterView(BrowserView):
    """POST /auth/register: a mail with the way on; the same answer for every address."""

    takes = bodies.Registration
    answers = 202
    refuses = (429,)

    def post(self, request: HttpRequest, given: dict[str, Any]) -> Response:
        letters.require_server()
        budgets.spend(budgets.mail_budgets(request, "register", given["email"]))
        afterwards.hidden(registration.invite, given["email"], given["name"])
        return Response(status=202)


class VerifyView(BrowserView):
    """POST /auth/email/verify: uses the link of a registration or of a change of address."""

    takes = bodies.Verification
    answers = 204
    refuses = (429,)

    def post(self, request: HttpRequest, given: dict[str, Any]) -> Response:
        try:
            registration.verify(request, given["token"], given.get("password"))
        except links.DeadLink:
            budgets.count_bad_token(request)
            raise
        return Response(status=204)
