"""Endpoints for a person's own profile: read, rename, delete, move to another address, download."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts import (
    afterwards,
    events,
    export,
    letters,
    registration,
    serializers,
    subjects,
    throttling,
)
from accounts.authentication import SignedInRequest
from accounts.endpoints import ProtectedView
from accounts.errors import ValidationFailed
from accounts.permissions import RecentlyAuthenticated
from accounts.views.devices import own_session


class AccountView(ProtectedView):
    """GET, PATCH and DELETE /auth/account; the last needs a step-up."""

    def get_permissions(self) -> list[Any]:
        if self.request.method == "DELETE":
            return [RecentlyAuthenticated()]
        return list(super().get_permissions())

    @extend_schema(responses=serializers.UserBody)
    def get(self, request: SignedInRequest) -> Response:
        """The caller's own profile."""
        _, user = own_session(request)
        return Response(subjects.describe(user))

    @extend_schema(request=serializers.Profile, responses=serializers.UserBody)
    def patch(self, request: SignedInRequest) -> Response:
        """A new name; the address moves by POST /auth/email/change."""
        given = serializers.Profile.of(request)
        _, user = own_session(request)
        if "name" in given:
            user.name = given["name"]
            user.save(update_fields=["name"])
        return Response(subjects.describe(user))

    @extend_schema(responses={204: None})
    def delete(self, request: SignedInRequest) -> Response:
        """Ends every session, then deletes the account with all that belongs to it.

        The log of security events stays, and for a while the ended sessions: without their user.
        """
        _, user = own_session(request)
        user.delete()
        return Response(status=204)


class ExportView(ProtectedView):
    """GET /auth/account/export: profile, identities, sessions, events and notes, as a file."""

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: SignedInRequest) -> Response:
        session, user = own_session(request)
        events.record("data_exported", request._request, user=user, session=session)
        headers = {"Content-Disposition": 'attachment; filename="gatehouse-account.json"'}
        return Response(export.everything_about(user), headers=headers)


class EmailChangeView(ProtectedView):
    """POST /auth/email/change: a link to the new address, a word to the old one."""

    permission_classes = (RecentlyAuthenticated,)

    @extend_schema(request=serializers.AddressBody, responses={202: None})
    def post(self, request: SignedInRequest) -> Response:
        email = serializers.AddressBody.of(request)["email"]
        session, user = own_session(request)
        if email == user.email:
            raise ValidationFailed(errors={"email": ["This is your address already."]})
        letters.require_server()
        throttling.spend(throttling.mail_budgets(request._request, "e-mail change", email))
        events.record("email_change_requested", request._request, user=user, session=session)
        afterwards.hidden(registration.offer_new_address, session, user, email)
        return Response(status=202)
