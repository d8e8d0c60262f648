"""Answer a person's own security events."""

from django.db.models import QuerySet
from rest_framework.generics import ListAPIView

from ..web.base import Pages, ProtectedView
from .events import Event
from .models import SecurityEvent


class EventsView(ProtectedView, ListAPIView[SecurityEvent]):
    """GET /auth/events: the person's own security events, newest first."""

    pagination_class = Pages
    serializer_class = Event

    def get_queryset(self) -> QuerySet[SecurityEvent]:
        return SecurityEvent.objects.filter(user__gatehouse_subject__sub=self.claims.sub).order_by(
            "-id"
        )
