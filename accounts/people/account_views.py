"""Endpoints for a person's own profile: read, rename, delete, move to another address, download."""

from typing import Any, ClassVar

from rest_framework.response import Response

from .. import signals, subjects
from ..credentials import budgets
from ..errors import ValidationFailed
from ..web import bodies
from ..web.authentication import SignedInRequest
from ..web.base import ProtectedEndpoint
from ..web.browser import own_session
from ..web.permissions import RecentlyAuthenticated
from . import afterwards, export, letters, registration


class AccountView(ProtectedEndpoint):
    """GET, PATCH and DELETE /auth/account; the last needs a step-up."""

    takes: ClassVar[Any] = {"PATCH": bodies.Profile}
    answers: ClassVar[Any] = {
        "GET": bodies.UserBody,
        "PATCH": bodies.UserBody,
        "DELETE": 204,
    }

    def get_permissions(self) -> list[Any]:
        if self.request.method == "DELETE":
            return [RecentlyAuthenticated()]
        return list(super().get_permissions())

    def get(self, request: SignedInRequest) -> Response:
        """The caller's own profile."""
        _, user = own_session(request)
        return Response(subjects.describe(user))

    def patch(self, request: SignedInRequest, given: dict[str, Any]) -> Response:
        """A new name; the address moves by POST /auth/email/change."""
        _, user = own_session(request)
        if "name" in given:
            user.name = given["name"]
            user.save(update_fields=["name"])
        return Response(subjects.describe(user))

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
        signals.tell("data_exported", request, user=user, session=session)
        headers = {"Content-Disposition": 'attachment; filename="gatehouse-account.json"'}
        return Response(export.everything_about(user), headers=headers)


class EmailChangeView(ProtectedEndpoint):
    """POST /auth/email/change: a link to the new address, a word to the old one."""

    takes = bodies.AddressBody
    answers = 202
    permission_classes = (RecentlyAuthenticated,)

    def post(self, request: SignedInRequest, given: dict[str, Any]) -> Response:
        email = given["email"]
        session, user = own_session(request)
        if email == user.email:
            raise ValidationFailed(errors={"email": ["This is your address already."]})
        letters.require_server()
        budgets.spend(budgets.mail_budgets(request, "e-mail change", email))
        signals.tell("email_change_requested", request, user=user, session=session)
        afterwards.hidden(registration.offer_new_address, session, user, email)
        return Response(status=202)
