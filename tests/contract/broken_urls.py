"""The project's paths, and some whose view fails in ways that no request of ours can cause."""

from django.db import OperationalError
from django.urls import path

from accounts.web.base import View
from project.urls import *  # noqa: F403
from project.urls import urlpatterns as project_paths


class Broken(View):
    authentication_classes = ()
    permission_classes = ()

    def get(self, request):
        raise RuntimeError("secret detail eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln")


class Unreachable(Broken):
    def get(self, request):
        raise OperationalError("the database's own words")


def broken_page(request):
    raise RuntimeError("secret detail")


urlpatterns = [
    path("api/broken", Broken.as_view()),
    path("api/unreachable", Unreachable.as_view()),
    path("broken", broken_page),
    *project_paths,
]
