"""Route the paths of the core. Each part has its own, in its `urls`. No trailing slashes."""

from django.urls import path

from .web.views import devices, public, sign_in

urlpatterns = [
    path("auth/session", sign_in.SessionView.as_view()),
    path("auth/login", sign_in.LoginView.as_view()),
    path("auth/refresh", sign_in.RefreshView.as_view()),
    path("auth/logout", sign_in.LogoutView.as_view()),
    path("auth/sessions", devices.SessionsView.as_view()),
    path("auth/sessions/<str:session_id>", devices.OneSessionView.as_view()),
    path("auth/logout-others", devices.LogoutOthersView.as_view()),
    path("auth/reauthenticate", devices.ReauthenticateView.as_view()),
    path(".well-known/jwks.json", public.JWKSView.as_view()),
    path(".well-known/oauth-authorization-server", public.MetadataView.as_view()),
    path("healthz", public.HealthView.as_view()),
    path("readyz", public.ReadyView.as_view()),
]
