"""Endpoints for proving an address: registration, and the confirmation of a new address."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import afterwards, letters, links, registration, serializers, throttling
from accounts.views import browser


class RegisterView(browser.BrowserView):
    """POST /auth/register: a mail with the way on; the same answer for every address."""

    refuses = (429,)

    @extend_schema(request=serializers.Registration, responses={202: None})
    def post(self, request: Request) -> Response:
        given = serializers.Registration.of(request)
        letters.require_server()
        throttling.spend(throttling.mail_budgets(request._request, "register", given["email"]))
        afterwards.hidden(registration.invite, given["email"], given["name"])
        return Response(status=202)


class VerifyView(browser.BrowserView):
    """POST /auth/email/verify: uses the link of a registration or of a change of address."""

    refuses = (429,)

    @extend_schema(request=serializers.Verification, responses={204: None})
    def post(self, request: Request) -> Response:
        given = serializers.Verification.of(request)
        try:
            registration.verify(request._request, given["token"], given.get("password"))
        except links.DeadLink:
            throttling.count_bad_token(request._request)
            raise
        return Response(status=204)
