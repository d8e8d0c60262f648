"""Change a password. Hash and store new passwords.

Resets and registrations hash and store theirs by the functions here.
"""

from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.http import HttpRequest
from rest_framework.response import Response

from .. import credentials, sessions, subjects
from ..credentials import hashing
from ..errors import ReauthenticationRequired, SecondFactorRequired
from ..evidence import BY_PASSWORD
from ..models import Session
from ..sessions.user_changes import Occasion
from ..users.models import User
from ..web.authentication import SignedInRequest
from ..web.base import ProtectedEndpoint
from ..web.bodies import Body, Password
from ..web.browser import own_session
from ..web.permissions import ProvenByDevice
from . import password_rules
from .bodies import NewPassword


class PasswordChange(Body):
    current_password = Password()
    new_password = NewPassword()


class PasswordChangeView(ProtectedEndpoint):
    """POST /auth/password/change: set a new password. The current one is the step-up."""

    takes = PasswordChange
    answers = 204
    permission_classes = (ProvenByDevice,)

    def post(self, request: SignedInRequest, given: dict[str, Any]) -> Response:
        session, user = own_session(request)
        change(request, session, user, given["current_password"], given["new_password"])
        return Response(status=204)


def change(request: HttpRequest, session: Session, user: User, current: str, new: str) -> None:
    """Set a new password, and end every session but this one.

    Raise ValidationFailed if the new password breaks a rule, and InvalidCredentials if `current`
    is wrong or the password was changed meanwhile. Raise ReauthenticationRequired if the person has
    a second factor and has not confirmed with it lately.
    """
    password_rules.check(new, user, "new_password")
    proven = credentials.verify_again(request, user, current)
    # Whoever has a second factor needs a recent step-up with it besides.
    own = sessions.recent(Session.objects.filter(id=session.id))
    evidence = [*BY_PASSWORD, *own]
    try:
        sessions.require_again(session, user, evidence)
    except SecondFactorRequired as error:
        raise ReauthenticationRequired from error
    digest = hash_password(new)
    with transaction.atomic():
        # A reset that came in while this was being hashed wins: only the owner can have done it.
        subjects.lock_unchanged(proven)
        store(user, digest, Occasion("password_changed", request, session))
        sessions.reauthenticated(session, evidence)


def hash_password(password: str) -> str:
    """Return the hash to store, after a wait in the same queue as sign-ins.

    Raise Unavailable if too many are waiting.
    """
    with hashing.hashing_slot():
        return make_password(password)


def store(user: User, digest: str, occasion: Occasion) -> None:
    """Save the hash of a new password. What follows from it is in sessions.user_changes."""
    user.password = digest
    user.gatehouse_occasion = occasion  # type: ignore[attr-defined]
    user.save(update_fields=["password"])
