"""Route the path of a person's own events."""

from django.urls import path

from . import views

urlpatterns = [path("auth/events", views.EventsView.as_view())]
