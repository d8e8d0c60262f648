"""The paths of a sign-in through an identity provider."""

from django.urls import path

from . import linking, views

urlpatterns = [
    path("auth/oidc/login", views.BeginView.as_view()),
    path("auth/oidc/callback", views.CallbackView.as_view()),
    path("auth/oidc/link", linking.LinkView.as_view()),
    path("auth/oidc/link/mail", linking.LinkMailView.as_view()),
    path("auth/oidc/link/confirm", linking.LinkConfirmView.as_view()),
]
