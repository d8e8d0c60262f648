"""The paths for programs."""

from django.urls import path

from . import own_tokens, views

urlpatterns = [
    path("auth/token", views.TokenView.as_view()),
    path("auth/token/refresh", views.TokenRefreshView.as_view()),
    path("auth/token/revoke", views.TokenRevokeView.as_view()),
    path("auth/personal-tokens", own_tokens.PersonalTokensView.as_view()),
    path("auth/personal-tokens/<str:token_id>", own_tokens.PersonalTokenView.as_view()),
]
