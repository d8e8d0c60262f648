"""Endpoints for a person's own profile: read, rename, delete, move to another address, download."""

from typing import Any, ClassVar

from rest_framework.response import Response

from accounts import afterwards, events, export, letters, registration, serializers, throttling
from accounts.authentication import SignedInRequest
from accounts.endpoints import ProtectedEndpoint
from accounts.errors import ValidationFailed
from accounts.permissions import RecentlyAuthenticated
from accounts.views.devices import own_session


class AccountView(ProtectedEndpoint):
    """GET, PATCH and DELETE /auth/account; the last needs a step-up."""

    takes: ClassVar[Any] = {"PATCH": serializers.Profile}
    answers: ClassVar[Any] = {
        "GET": serializers.UserBody,
        "PATCH": serializers.UserBody,
        "DELETE": 204,
    }

    def get_permissions(self) -> list[Any]:
        if self.request.method == "DELETE":
            return [RecentlyAuthenticated()]
        return list(super().get_permissions())

    def get(self, request: SignedInRequest) -> Response:
        """The caller's own profile."""
        _, user = own_session(request)
        return Response(serializers.user_json(user))

    def patch(self, request: SignedInRequest, given: dict[str, Any]) -> Response:
        """A new name; the address moves by POST /auth/email/change."""
        _, user = own_session(request)
        if "name" in given:
            user.name = given["name"]
            user.save(update_fields=["name"])
        return Response(serializers.user_json(user))

    def delete(self, request: SignedInRequest) -> Response:
        """Ends every session, then deletes the account with all that belongs to it.

        The log of security events stays, and for a while the ended sessions: without their user.
        """
        _, user = own_session(request)
        user.delete()
        return Response(status=204)


class ExportView(ProtectedEndpoint):
    """GET /auth/account/export: profile, identities, sessions, events and notes, as a file."""

    def get(self, request: SignedInRequest) -> Response:
        session, user = own_session(request)
        events.record("data_exported", request, user=user, session=session)
        headers = {"Content-Disposition": 'attachment; filename="gatehouse-account.json"'}
        return Response(export.everything_about(user), headers=headers)


class EmailChangeView(ProtectedEndpoint):
    """POST /auth/email/change: a link to the new address, a word to the old one."""

    takes = serializers.AddressBody
    answers = 202
    permission_classes = (RecentlyAuthenticated,)

    def post(self, request: SignedInRequest, given: dict[str, Any]) -> Response:
        email = given["email"]
        session, user = own_session(request)
        if email == user.email:
            raise ValidationFailed(errors={"email": ["This is your address already."]})
        letters.require_server()
        throttling.spend(throttling.mail_budgets(request, "e-mail change", email))
        events.record("email_change_requested", request, user=user, session=session)
        afterwards.hidden(registration.offer_new_address, session, user, email)
        return Response(status=202)
