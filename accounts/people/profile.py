"""Let people read, rename and delete their account, and download all data (GDPR 15 and 20).

Other parts of this package add to the download by the signal `accounts.signals.exporting`. Other
apps add to it by the setting `EXPORTS`, which names a function for each part. So this module knows
neither.
"""

from typing import Any, ClassVar

from django.utils.module_loading import import_string
from rest_framework.response import Response

from .. import callers, signals, subjects
from ..models import Session
from ..users.models import User
from ..web.authentication import SignedInRequest
from ..web.base import ProtectedEndpoint
from ..web.bodies import Body, Name, UserBody, moment
from ..web.browser import own_session
from ..web.permissions import RecentlyAuthenticated
from .conf import conf


class Profile(Body):
    name = Name(required=False)


class AccountView(ProtectedEndpoint):
    """GET, PATCH and DELETE /auth/account. DELETE needs a step-up."""

    takes: ClassVar[Any] = {"PATCH": Profile}
    answers: ClassVar[Any] = {"GET": UserBody, "PATCH": UserBody, "DELETE": 204}

    def get_permissions(self) -> list[Any]:
        if self.request.method == "DELETE":
            return [RecentlyAuthenticated()]
        return list(super().get_permissions())

    def get(self, request: SignedInRequest) -> Response:
        """Return the caller's own profile."""
        _, user = own_session(request)
        return Response(subjects.describe(user))

    def patch(self, request: SignedInRequest, given: dict[str, Any]) -> Response:
        """Set a new name. The address changes by POST /auth/email/change."""
        _, user = own_session(request)
        if "name" in given:
            user.name = given["name"]
            user.save(update_fields=["name"])
        return Response(subjects.describe(user))

    def delete(self, request: SignedInRequest) -> Response:
        """End every session, then delete the account with all that belongs to it.

        The security events stay, and the ended sessions for a while. Both lose their user.
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
        return Response(export(user), headers=headers)


def export(user: User) -> dict[str, Any]:
    """Return profile and sessions, then the parts of others in the order of their names."""
    answers: list[tuple[Any, Any]] = signals.exporting.send(None, user=user)
    parts: dict[str, Any] = {}
    for _, part in answers:
        parts |= part
    return {
        "account": {
            **subjects.describe(user),
            "created_at": moment(user.created_at),
            "last_sign_in": moment(user.last_login) if user.last_login else None,
        },
        "sessions": [
            _exported(row) for row in Session.objects.filter(user=user).order_by("-created_at")
        ],
        **dict(sorted(parts.items())),
        **{name: import_string(path)(user) for name, path in conf.exports.items()},
    }


def _exported(session: Session) -> dict[str, Any]:
    return {
        "id": session.id,
        "client": session.client,
        "method": session.method,
        "device": callers.device(session.user_agent),
        "user_agent": session.user_agent,
        "address": session.address,
        "created_at": moment(session.created_at),
        "last_used_at": moment(session.last_used_at),
        "ended_at": moment(session.ended_at) if session.ended_at else None,
        "end_reason": session.end_reason or None,
    }
