"""Put notes and the token's content on the wire."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from django.utils import timezone
from rest_framework import serializers

from accounts.web.bodies import Worded
from api.models import Note


class Moment(serializers.DateTimeField):
    """Write a time as RFC 3339 in UTC with Z, whatever the project's zone and format are."""

    def to_representation(self, value: datetime) -> str:
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class NoteSerializer(Worded, serializers.ModelSerializer[Note]):
    """`title` is trimmed, `body` is kept as typed."""

    subjects: ClassVar[dict[str, str]] = {"title": "A title", "body": "A note"}
    body = serializers.CharField(
        required=False, allow_blank=True, trim_whitespace=False, max_length=100_000, default=""
    )
    created_at = Moment(read_only=True)
    updated_at = Moment(read_only=True)

    class Meta:
        model = Note
        fields: ClassVar[list[str]] = ["id", "title", "body", "created_at", "updated_at"]
        read_only_fields: ClassVar[list[str]] = ["id", "created_at", "updated_at"]

    def create(self, validated_data: dict[str, Any]) -> Note:
        now = timezone.now()
        return Note.objects.create(created_at=now, updated_at=now, **validated_data)

    def update(self, instance: Note, validated_data: dict[str, Any]) -> Note:
        return super().update(instance, {**validated_data, "updated_at": timezone.now()})


class MeSerializer(serializers.Serializer[Any]):
    """What the token says, and nothing that a database would have to be asked for."""

    id = serializers.CharField()
    session_id = serializers.CharField()
    client_id = serializers.CharField()
    scope = serializers.ListField(child=serializers.CharField())
    expires_at = Moment()
