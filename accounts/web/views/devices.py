"""Serve signed-in people their own sessions: list, end one, end the others, step up."""

from datetime import timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.response import Response

from ... import callers, credentials, sessions, signals
from ...errors import NotFound, ValidationFailed
from ...evidence import BY_PASSWORD, Evidence
from ...models import Session
from .. import bodies
from ..authentication import SignedInRequest
from ..base import Pages, ProtectedEndpoint, ProtectedView
from ..browser import own_session
from ..permissions import RecentlyAuthenticated

# Ended sessions stay listed for this long.
SHOWN = timedelta(days=30)


class Device(serializers.Serializer[Session]):
    """One session as its owner sees it."""

    id = serializers.CharField()
    current = serializers.SerializerMethodField()
    client = serializers.CharField()
    method = serializers.CharField()
    device = serializers.SerializerMethodField()
    address = serializers.CharField()
    created_at = bodies.Moment()
    last_used_at = bodies.Moment()
    ended_at = bodies.Moment(allow_null=True)
    end_reason = serializers.SerializerMethodField()
    bound = serializers.SerializerMethodField()

    def get_current(self, session: Session) -> bool:
        return bool(session.id == self.context["request"].user.session_id)

    def get_device(self, session: Session) -> str:
        return callers.device(session.user_agent)

    def get_bound(self, session: Session) -> bool:
        return bool(session.jkt)

    def get_end_reason(self, session: Session) -> str | None:
        return session.end_reason or None


class Reauthentication(bodies.Factor):
    """The password, or a factor: one of them."""

    password = bodies.Password(required=False)


class SessionsView(ProtectedView, ListAPIView[Session]):
    """GET /auth/sessions: live ones first, then those that ended lately."""

    pagination_class = Pages
    serializer_class = Device

    def get_queryset(self) -> QuerySet[Session]:
        return Session.objects.filter(
            Q(ended_at=None, idle_expires_at__gt=Now()) | Q(ended_at__gt=Now() - SHOWN),
            user__gatehouse_subject__sub=self.claims.sub,
        ).order_by(F("ended_at").desc(nulls_first=True), "-last_used_at", "id")


class OneSessionView(ProtectedEndpoint):
    """DELETE /auth/sessions/{id}: end one. To others it does not exist."""

    answers = 204
    permission_classes = (RecentlyAuthenticated,)

    def delete(self, request: SignedInRequest, session_id: str) -> Response:
        session = Session.objects.select_related("user").filter(
            id=session_id, user__gatehouse_subject__sub=request.user.sub
        )
        found = session.first()
        if found is None:
            raise NotFound
        if sessions.end(session, "ended_by_user"):
            signals.tell("session_ended", request, user=found.user, session=found)
        return Response(status=204)


class LogoutOthersView(ProtectedEndpoint):
    """POST /auth/logout-others: end all sessions but this one."""

    answers = 204
    permission_classes = (RecentlyAuthenticated,)

    def post(self, request: SignedInRequest) -> Response:
        session, user = own_session(request)
        ended = sessions.end_all_of(user, "ended_others", keep=session.id)
        detail = {"count": ended}
        signals.tell("others_ended", request, user=user, session=session, detail=detail)
        return Response(status=204)


class ReauthenticateView(ProtectedEndpoint):
    """POST /auth/reauthenticate: the password or a factor again, for the session's step-up time.

    The password alone is not enough for people who have a second factor.
    """

    takes = Reauthentication
    answers = bodies.State
    for_enrolment = True

    def post(self, request: SignedInRequest, given: dict[str, Any]) -> Response:
        session, user = own_session(request)
        evidence: list[Evidence] = []
        if "password" in given:
            credentials.verify_again(request, user, given["password"])
            evidence.extend(BY_PASSWORD)
        evidence.extend(credentials.prove(request, user, given))
        if not evidence:
            raise ValidationFailed(errors={"password": [bodies.MISSING]})
        sessions.reauthenticated(session, evidence)
        signals.tell("reauthenticated", request, user=user, session=session)
        return Response(bodies.state_json(user, session, request.auth.expires_at))
