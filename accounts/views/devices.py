"""Endpoints for a signed-in person's own sessions: list, end one, end the others, step up."""

from datetime import timedelta
from typing import Any

from django.db.models import F, Q
from django.db.models.functions import Now
from drf_spectacular.utils import extend_schema
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import answers, credentials, events, liveness, serializers
from accounts import sessions as session_flow
from accounts.endpoints import ProtectedView
from accounts.errors import InvalidToken, NotFound
from accounts.models import SecurityEvent, Session
from accounts.permissions import RecentlyAuthenticated, SignedIn

# Ended sessions stay listed for this long.
SHOWN = timedelta(days=30)


class SessionsView(ProtectedView):
    """GET /auth/sessions: live ones first, then those that ended lately."""

    pagination_class = PageNumberPagination

    @extend_schema(responses=serializers.Device(many=True))
    def get(self, request: Request) -> Response:
        listed = Session.objects.filter(
            Q(ended_at=None, idle_expires_at__gt=Now()) | Q(ended_at__gt=Now() - SHOWN),
            user__sub=request.user.id,
        ).order_by(F("ended_at").desc(nulls_first=True), "-last_used_at", "id")
        pages = self.pagination_class()
        page = pages.paginate_queryset(listed, request, view=self)
        shown = serializers.Device(page, many=True, context={"request": request})
        return pages.get_paginated_response(shown.data)


class OneSessionView(ProtectedView):
    """DELETE /auth/sessions/{id}: end one; someone else's does not exist."""

    permission_classes = (RecentlyAuthenticated,)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, session_id: str) -> Response:
        session = Session.objects.select_related("user").filter(
            id=session_id, user__sub=request.user.id
        )
        found = session.first()
        if found is None:
            raise NotFound
        if session_flow.end(session, "ended_by_user"):
            events.record("session_ended", request._request, user=found.user, session=found)
        return Response(status=204)


class LogoutOthersView(ProtectedView):
    """POST /auth/logout-others: end all sessions but this one."""

    permission_classes = (RecentlyAuthenticated,)

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        session = own_session(request)
        ended = session_flow.end_all_of(session.user, "ended_others", keep=session.id)
        events.record(
            "others_ended",
            request._request,
            user=session.user,
            session=session,
            detail={"count": ended},
        )
        return Response(status=204)


class EventsView(ProtectedView):
    """GET /auth/events: the person's own security events, newest first."""

    pagination_class = PageNumberPagination

    @extend_schema(responses=serializers.Event(many=True))
    def get(self, request: Request) -> Response:
        events_of_user = SecurityEvent.objects.filter(user__sub=request.user.id).order_by("-id")
        pages = self.pagination_class()
        page = pages.paginate_queryset(events_of_user, request, view=self)
        return pages.get_paginated_response(serializers.Event(page, many=True).data)


class ReauthenticateView(ProtectedView):
    """POST /auth/reauthenticate: the password again, for the session's step-up time."""

    permission_classes: tuple[type[BasePermission], ...] = (SignedIn,)

    @extend_schema(request=serializers.Reauthentication, responses={200: answers.State})
    def post(self, request: Request) -> Response:
        form = serializers.Reauthentication(data=request.data)
        form.is_valid(raise_exception=True)
        session = own_session(request)
        credentials.verify(request._request, session.user.email, form.validated_data["password"])
        session_flow.reauthenticated(session)
        events.record("reauthenticated", request._request, user=session.user, session=session)
        return Response(
            {
                "authenticated": True,
                "user": serializers.user_json(session.user),
                "session": serializers.session_json(session, request.auth.expires_at),
            }
        )


def own_session(request: Request) -> Any:
    """The row behind the caller's token, with its user."""
    session = liveness.find_live(request.user.session_id, request.user.id)
    if session is None:
        raise InvalidToken("the session ended a moment ago")
    return session
