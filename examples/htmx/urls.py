"""The page at /htmx, and the list that it asks for."""

from django.urls import path

from examples.htmx.views import Notes, page
from project import urls

urlpatterns = [path("htmx", page), path("htmx/notes", Notes.as_view()), *urls.urlpatterns]
handler400, handler403 = urls.handler400, urls.handler403
handler404, handler500 = urls.handler404, urls.handler500
