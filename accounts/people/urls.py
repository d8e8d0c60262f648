"""Route the paths of registration, passwords, addresses and a person's own account."""

from django.urls import path

from . import email_change, password_change, password_reset, profile, registration

urlpatterns = [
    path("auth/register", registration.RegisterView.as_view()),
    path("auth/email/verify", registration.VerifyView.as_view()),
    path("auth/email/change", email_change.EmailChangeView.as_view()),
    path("auth/password/change", password_change.PasswordChangeView.as_view()),
    path("auth/password/reset", password_reset.ResetView.as_view()),
    path("auth/password/reset/confirm", password_reset.ResetConfirmView.as_view()),
    path("auth/account", profile.AccountView.as_view()),
    path("auth/account/export", profile.ExportView.as_view()),
]
