"""All paths: the authentication server, the API server, and the page shells."""

from django.urls import include, path

from project.pages import Page

urlpatterns = [
    path("api/", include("api.urls")),
    path("", include("accounts.urls")),
    path("", Page.as_view(page="home")),
    path("login", Page.as_view(page="login")),
    path("notes", Page.as_view(page="notes")),
    path("account", Page.as_view(page="account")),
]

handler400 = "project.pages.bad_request"
handler403 = "project.pages.permission_denied"
handler404 = "project.pages.not_found"
handler500 = "project.pages.server_error"
