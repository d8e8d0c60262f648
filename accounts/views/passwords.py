"""Endpoints for a new password: change it, or reset it by mail."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import afterwards, letters, links, passwords, registration, serializers, throttling
from accounts.authentication import SignedInRequest
from accounts.endpoints import ProtectedView
from accounts.views import browser
from accounts.views.devices import own_session


class ChangeView(ProtectedView):
    """POST /auth/password/change: the current password is the step-up."""

    @extend_schema(request=serializers.PasswordChange, responses={204: None})
    def post(self, request: SignedInRequest) -> Response:
        given = serializers.PasswordChange.of(request)
        passwords.change(
            request._request,
            *own_session(request),
            given["current_password"],
            given["new_password"],
        )
        return Response(status=204)


class ResetView(browser.BrowserView):
    """POST /auth/password/reset: a mail, if there is an account; the answer does not tell."""

    refuses = (429,)

    @extend_schema(request=serializers.AddressBody, responses={202: None})
    def post(self, request: Request) -> Response:
        email = serializers.AddressBody.of(request)["email"]
        letters.require_server()
        throttling.spend(throttling.mail_budgets(request._request, "reset", email))
        afterwards.hidden(registration.offer_reset, request._request, email)
        return Response(status=202)


class ResetConfirmView(browser.BrowserView):
    """POST /auth/password/reset/confirm: ends all sessions, and signs nobody in."""

    refuses = (429,)

    @extend_schema(request=serializers.PasswordReset, responses={204: None})
    def post(self, request: Request) -> Response:
        given = serializers.PasswordReset.of(request)
        try:
            passwords.reset(request._request, given["token"], given.get("new_password"))
        except links.DeadLink:
            throttling.count_bad_token(request._request)
            raise
        return Response(status=204)
