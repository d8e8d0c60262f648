"""Endpoints for proving an address: registration, and the confirmation of a new address."""

from typing import Any

from django.http import HttpRequest
from rest_framework.response import Response

from accounts import afterwards, letters, links, registration, serializers, throttling
from accounts.views import browser


class RegisterView(browser.BrowserView):
    """POST /auth/register: a mail with the way on; the same answer for every address."""

    takes = serializers.Registration
    answers = 202
    refuses = (429,)

    def post(self, request: HttpRequest, given: dict[str, Any]) -> Response:
        letters.require_server()
        throttling.spend(throttling.mail_budgets(request, "register", given["email"]))
        afterwards.hidden(registration.invite, given["email"], given["name"])
        return Response(status=202)


class VerifyView(browser.BrowserView):
    """POST /auth/email/verify: uses the link of a registration or of a change of address."""

    takes = serializers.Verification
    answers = 204
    refuses = (429,)

    def post(self, request: HttpRequest, given: dict[str, Any]) -> Response:
        try:
            registration.verify(request, given["token"], given.get("password"))
        except links.DeadLink:
            throttling.count_bad_token(request)
            raise
        return Response(status=204)
