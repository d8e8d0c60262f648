"""The paths for programs."""

from django.urls import path

from . import views

urlpatterns = [
    path("auth/token", views.TokenView.as_view()),
    path("auth/token/refresh", views.TokenRefreshView.as_view()),
    path("auth/token/revoke", views.TokenRevokeView.as_view()),
]
