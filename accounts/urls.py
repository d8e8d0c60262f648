"""The paths of the authentication server; no trailing slashes.

Those of mailed links, profiles and identity providers are there for `accounts.User` alone: they
work with its addresses and names.
"""

from django.conf import settings
from django.urls import path

from accounts.views import (
    account,
    browser,
    clients,
    devices,
    events,
    identity_provider,
    linking,
    passwords,
    public,
    registration,
)

# The user model that the second list needs.
PEOPLE = "accounts.User"

core = [
    path("auth/session", browser.SessionView.as_view()),
    path("auth/login", browser.LoginView.as_view()),
    path("auth/refresh", browser.RefreshView.as_view()),
    path("auth/logout", browser.LogoutView.as_view()),
    path("auth/sessions", devices.SessionsView.as_view()),
    path("auth/sessions/<str:session_id>", devices.OneSessionView.as_view()),
    path("auth/logout-others", devices.LogoutOthersView.as_view()),
    path("auth/reauthenticate", devices.ReauthenticateView.as_view()),
    path("auth/events", events.EventsView.as_view()),
    path("auth/token", clients.TokenView.as_view()),
    path("auth/token/refresh", clients.TokenRefreshView.as_view()),
    path("auth/token/revoke", clients.TokenRevokeView.as_view()),
    path(".well-known/jwks.json", public.JWKSView.as_view()),
    path("healthz", public.HealthView.as_view()),
    path("readyz", public.ReadyView.as_view()),
]

of_people = [
    path("auth/register", registration.RegisterView.as_view()),
    path("auth/email/verify", registration.VerifyView.as_view()),
    path("auth/email/change", account.EmailChangeView.as_view()),
    path("auth/password/change", passwords.ChangeView.as_view()),
    path("auth/password/reset", passwords.ResetView.as_view()),
    path("auth/password/reset/confirm", passwords.ResetConfirmView.as_view()),
    path("auth/account", account.AccountView.as_view()),
    path("auth/account/export", account.ExportView.as_view()),
    path("auth/oidc/login", identity_provider.BeginView.as_view()),
    path("auth/oidc/callback", identity_provider.CallbackView.as_view()),
    path("auth/oidc/link", linking.LinkView.as_view()),
    path("auth/oidc/link/mail", linking.LinkMailView.as_view()),
    path("auth/oidc/link/confirm", linking.LinkConfirmView.as_view()),
]

urlpatterns = [*core, *(of_people if settings.AUTH_USER_MODEL == PEOPLE else ())]
