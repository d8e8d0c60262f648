"""Route the paths of a sign-in through an identity provider."""

from django.urls import path

from . import views

urlpatterns = [
    path("auth/oidc/login", views.BeginView.as_view()),
    path("auth/oidc/callback", views.CallbackView.as_view()),
    path("auth/oidc/link", views.LinkView.as_view()),
    path("auth/oidc/link/mail", views.LinkMailView.as_view()),
    path("auth/oidc/link/confirm", views.LinkConfirmView.as_view()),
]
