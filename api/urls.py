"""Route the paths of the API server, below /api/."""

from django.conf import settings
from django.urls import path

from api.audit import AuditView
from api.me import MeView
from api.notes import NotesView, NoteView
from api.schema import SchemaView

urlpatterns = [
    path("me", MeView.as_view()),
    path("notes", NotesView.as_view()),
    path("notes/<str:pk>", NoteView.as_view()),
    path("audit", AuditView.as_view()),
]

if settings.DEMO:
    urlpatterns.append(path("schema", SchemaView.as_view()))
