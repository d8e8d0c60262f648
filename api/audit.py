"""Serve staff everyone's security events: GET /api/audit."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import generics, serializers

from accounts.audit import events
from accounts.web.base import ProtectedView
from accounts.web.permissions import ScopedAccess
from api.serializers import Moment


class AuditEventSerializer(serializers.Serializer[Any]):
    """One security event as staff see it."""

    id = serializers.CharField()
    kind = serializers.CharField()
    at = Moment()
    user = serializers.SerializerMethodField()
    address = serializers.CharField()
    device = serializers.SerializerMethodField()
    session_id = serializers.CharField()

    def get_user(self, event: Any) -> dict[str, Any] | None:
        return events.user_of(event)

    def get_device(self, event: Any) -> str:
        return events.device_of(event)


@extend_schema_view(
    get=extend_schema(
        parameters=[
            OpenApiParameter("user", description="A user's id or e-mail."),
            OpenApiParameter("kind", description="A kind of event."),
        ]
    )
)
class AuditView(ProtectedView, generics.ListAPIView[Any]):
    """Newest first; `?user=` takes a user's id or e-mail, `?kind=` an event's kind."""

    permission_classes = (ScopedAccess,)
    scopes: ClassVar[dict[str, str]] = {"*": "audit:read"}
    serializer_class = AuditEventSerializer

    def get_queryset(self) -> QuerySet[Any]:
        return events.audit(
            user=self.request.query_params.get("user", ""),
            kind=self.request.query_params.get("kind", ""),
        )
