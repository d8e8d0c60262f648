"""The project's paths, and some of a project that knows nothing but Django REST framework."""

from django.urls import path
from rest_framework import generics, permissions, serializers
from rest_framework.authentication import BasicAuthentication
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.throttling import UserRateThrottle
from rest_framework.views import APIView, exception_handler

from accounts.web.authentication import TokenAuthentication
from accounts.web.permissions import RecentlyAuthenticated, ScopedAccess
from api.models import Note
from project.urls import *  # noqa: F403
from project.urls import urlpatterns as project_paths


class Usual(APIView):
    """What Django REST framework does where a project sets nothing, but for the credential."""

    authentication_classes = (TokenAuthentication,)
    permission_classes = (permissions.IsAuthenticated,)
    parser_classes = (JSONParser, FormParser, MultiPartParser)
    renderer_classes = (JSONRenderer,)
    content_negotiation_class = DefaultContentNegotiation

    def get_exception_handler(self):
        return exception_handler


class NoteSerializer(serializers.ModelSerializer):
    class Meta:
        model = Note
        fields = ("id", "title", "owner")
        read_only_fields = ("owner",)


class IsOwner(permissions.BasePermission):
    def has_object_permission(self, request, view, obj):
        return obj.owner == request.user


class Notes(Usual, generics.ListCreateAPIView):
    serializer_class = NoteSerializer
    pagination_class = None

    def get_queryset(self):
        return Note.objects.filter(owner=self.request.user)

    def perform_create(self, serializer):
        serializer.save(owner=self.request.user)


class OneNote(Usual, generics.RetrieveUpdateDestroyAPIView):
    permission_classes = (permissions.IsAuthenticated, IsOwner)
    serializer_class = NoteSerializer
    queryset = Note.objects.all()


class ModelNotes(OneNote):
    permission_classes = (permissions.DjangoModelPermissions,)


class Hourly(UserRateThrottle):
    rate = "1/hour"


class Whoami(Usual):
    throttle_classes = ()

    def get(self, request):
        return Response({"email": request.user.email, "session": request.auth.sid})


class Staff(Whoami):
    permission_classes = (permissions.IsAdminUser,)


class Throttled(Whoami):
    throttle_classes = (Hourly,)


class Unasked(Whoami):
    permission_classes = ()

    def get(self, request):
        return Response({"session": request.auth.sid})


class Scoped(Whoami):
    authentication_classes = (TokenAuthentication, BasicAuthentication)
    permission_classes = (ScopedAccess,)
    scopes = {"*": "audit:read"}  # noqa: RUF012


class SteppedUp(Scoped):
    permission_classes = (RecentlyAuthenticated,)


class Claims(Whoami):
    def get(self, request):
        who = request.user
        known = bool(who), who.is_authenticated, who.is_anonymous, who.claims is request.auth
        return Response(
            {
                "sub": who.sub,
                "scope": sorted(who.scope),
                "session": who.session_id,
                "known": known,
            }
        )


urlpatterns = [
    path("usual/notes", Notes.as_view()),
    path("usual/notes/<pk>", OneNote.as_view()),
    path("usual/model/<pk>", ModelNotes.as_view()),
    path("usual/me", Whoami.as_view()),
    path("usual/staff", Staff.as_view()),
    path("usual/throttled", Throttled.as_view()),
    path("usual/unasked", Unasked.as_view()),
    path("usual/scoped", Scoped.as_view()),
    path("usual/stepped-up", SteppedUp.as_view()),
    path("usual/claims", Claims.as_view()),
    *project_paths,
]
