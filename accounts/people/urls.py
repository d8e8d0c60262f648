"""The paths of registration, passwords, addresses and a person's own account."""

from django.urls import path

from . import account_views, password_views, registration_views

urlpatterns = [
    path("auth/register", registration_views.RegisterView.as_view()),
    path("auth/email/verify", registration_views.VerifyView.as_view()),
    path("auth/email/change", account_views.EmailChangeView.as_view()),
    path("auth/password/change", password_views.ChangeView.as_view()),
    path("auth/password/reset", password_views.ResetView.as_view()),
    path("auth/password/reset/confirm", password_views.ResetConfirmView.as_view()),
    path("auth/account", account_views.AccountView.as_view()),
    path("auth/account/export", account_views.ExportView.as_view()),
]
