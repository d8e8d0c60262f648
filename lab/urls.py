"""What the app's hosts serve of the lab: the pages, and the caller's own session under a lens."""

from django.conf import settings
from django.urls import URLPattern, path
from django.views.generic import TemplateView

urlpatterns: list[URLPattern] = []

if settings.LAB:  # the lab's models exist only then
    from lab import contents, views
    from lab.classroom.urls import urlpatterns as class_patterns
    from lab.pages import LearnPage

    own_session = [
        path("learn/api/watch", views.WatchView.as_view()),
        path("learn/api/log", views.LogView.as_view()),
        path("learn/api/hello", views.HelloView.as_view()),
        path("learn/api/inspect", views.InspectView.as_view()),
    ]
    urlpatterns = [
        path("learn", LearnPage.as_view(), name="learn"),
        *(path(f"learn/{page.slug}", LearnPage.as_view(slug=page.slug)) for page in contents.PAGES),
        path("learn/worksheet", TemplateView.as_view(template_name="lab/worksheet.html")),
        *own_session,
        *(class_patterns if settings.CLASS else []),
    ]
