"""Serve callers their own notes: /api/notes. Somebody else's do not exist."""

from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import generics

from accounts.web.base import ProtectedView
from accounts.web.permissions import ScopedAccess
from api.models import Note
from api.search import folded
from api.serializers import NoteSerializer


class OwnNotes(ProtectedView, generics.GenericAPIView[Note]):
    """The base of both views: scope, owner, size."""

    permission_classes = (ScopedAccess,)
    scopes: ClassVar[dict[str, str]] = {
        "GET": "notes:read",
        "HEAD": "notes:read",
        "*": "notes:write",
    }
    # 100,200 characters of up to twelve bytes: as JSON escapes, an emoji is two of six. The proxies
    # in deploy/ have the same figure.
    max_body = 1_250_000
    serializer_class = NoteSerializer
    queryset = Note.objects.none()

    def get_queryset(self) -> QuerySet[Note]:
        own = Note.objects.filter(owner__gatehouse_subject__sub=self.claims.sub)
        return own.defer("words").order_by("-updated_at", "id")


def exported(user: Any) -> list[Any]:
    """Return a person's notes, for the export of all their data (the setting `EXPORTS`)."""
    notes = Note.objects.filter(owner=user).order_by("created_at", "id")
    return list(NoteSerializer(notes, many=True).data)


@extend_schema_view(
    get=extend_schema(
        description="The caller's own notes, the one that changed last first.",
        parameters=[OpenApiParameter("search", description="Words, all in a note.")],
    ),
    post=extend_schema(description="A new note."),
)
class NotesView(OwnNotes, generics.ListCreateAPIView[Note]):
    """GET (search, pages) and POST."""

    def get_queryset(self) -> QuerySet[Note]:
        found = super().get_queryset()
        # Cut: SQLite refuses patterns beyond 50,000 bytes, and nobody types so much.
        text = self.request.query_params.get("search", "")[:500].replace("\0", "")
        for word in folded(text).split()[:10]:
            unprepared = Q(title__icontains=word) | Q(body__icontains=word)
            found = found.filter(Q(words__contains=word) | Q(unprepared, words=""))
        return found

    def perform_create(self, serializer: Any) -> None:
        serializer.save(owner=self.request.user)


@extend_schema_view(
    get=extend_schema(description="One note; somebody else's does not exist."),
    put=extend_schema(description="Writes the note anew; a body that is left out becomes empty."),
    patch=extend_schema(description="Changes what is named."),
    delete=extend_schema(description="Deletes the note for good."),
)
class NoteView(OwnNotes, generics.RetrieveUpdateDestroyAPIView[Note]):
    """GET, PUT, PATCH and DELETE of one note."""
