"""Endpoints for a signed-in person's own sessions: list, end one, end the others, step up."""

from datetime import timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from rest_framework.generics import ListAPIView
from rest_framework.response import Response

from accounts import credentials, events, liveness, serializers
from accounts import sessions as session_flow
from accounts.authentication import SignedInRequest
from accounts.endpoints import Pages, ProtectedEndpoint, ProtectedView
from accounts.errors import InvalidToken, NotFound
from accounts.models import SecurityEvent, Session, User
from accounts.permissions import RecentlyAuthenticated

# Ended sessions stay listed for this long.
SHOWN = timedelta(days=30)


class SessionsView(ProtectedView, ListAPIView[Session]):
    """GET /auth/sessions: live ones first, then those that ended lately."""

    pagination_class = Pages
    serializer_class = serializers.Device

    def get_queryset(self) -> QuerySet[Session]:
        return Session.objects.filter(
            Q(ended_at=None, idle_expires_at__gt=Now()) | Q(ended_at__gt=Now() - SHOWN),
            user__sub=self.request.user.id,
        ).order_by(F("ended_at").desc(nulls_first=True), "-last_used_at", "id")


class OneSessionView(ProtectedEndpoint):
    """DELETE /auth/sessions/{id}: end one; someone else's does not exist."""

    answers = 204
    permission_classes = (RecentlyAuthenticated,)

    def delete(self, request: SignedInRequest, session_id: str) -> Response:
        session = Session.objects.select_related("user").filter(
            id=session_id, user__sub=request.user.id
        )
        found = session.first()
        if found is None:
            raise NotFound
        if session_flow.end(session, "ended_by_user"):
            events.record("session_ended", request, user=found.user, session=found)
        return Response(status=204)


class LogoutOthersView(ProtectedEndpoint):
    """POST /auth/logout-others: end all sessions but this one."""

    answers = 204
    permission_classes = (RecentlyAuthenticated,)

    def post(self, request: SignedInRequest) -> Response:
        session, user = own_session(request)
        ended = session_flow.end_all_of(user, "ended_others", keep=session.id)
        events.record(
            "others_ended",
            request,
            user=user,
            session=session,
            detail={"count": ended},
        )
        return Response(status=204)


class EventsView(ProtectedView, ListAPIView[SecurityEvent]):
    """GET /auth/events: the person's own security events, newest first."""

    pagination_class = Pages
    serializer_class = serializers.Event

    def get_queryset(self) -> QuerySet[SecurityEvent]:
        return SecurityEvent.objects.filter(user__sub=self.request.user.id).order_by("-id")


class ReauthenticateView(ProtectedEndpoint):
    """POST /auth/reauthenticate: the password again, for the session's step-up time."""

    takes = serializers.Reauthentication
    answers = serializers.State

    def post(self, request: SignedInRequest, given: dict[str, Any]) -> Response:
        session, user = own_session(request)
        credentials.verify_again(request, user, given["password"])
        session_flow.reauthenticated(session)
        events.record("reauthenticated", request, user=user, session=session)
        return Response(serializers.state_json(user, session, request.auth.expires_at))


def own_session(request: SignedInRequest) -> tuple[Session, User]:
    """The row behind the caller's token, and its user."""
    session = liveness.find_live(request.user.session_id, request.user.id)
    if session is None or session.user is None:
        raise InvalidToken("the session ended a moment ago")
    return session, session.user
