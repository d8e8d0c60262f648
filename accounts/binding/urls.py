"""The paths of bound sessions, which only browsers call."""

from django.urls import path

from . import dbsc, views

urlpatterns = [
    path(dbsc.REGISTRATION.lstrip("/"), views.RegistrationView.as_view()),
    path(dbsc.REFRESH.lstrip("/"), views.RefreshView.as_view()),
]
