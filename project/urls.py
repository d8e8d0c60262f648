"""Route all paths: of the authentication server, of the API server, and of the page shells."""

from django.conf import settings
from django.urls import include, path
from django.views.generic import RedirectView

from accounts.staff.admin import site
from project.docs import DocsPage
from project.mailbox import messages
from project.pages import Page
from project.reports import csp_report

urlpatterns = [
    path("api/", include("api.urls")),
    path("", include("accounts.urls")),
    path("", include("accounts.programs.urls")),
    path("", include("accounts.metrics.urls")),
    path("", include("accounts.audit.urls")),
    path("", include("accounts.people.urls")),
    path("", include("accounts.federation.urls")),
    path("", include("accounts.factors.urls")),
    path("", include("accounts.binding.urls")),
    path("admin", RedirectView.as_view(url="/admin/")),
    path("admin/", site.urls),
    path("csp-reports", csp_report),
    path("", Page.as_view(page="home")),
    path("login", Page.as_view(page="login")),
    path("login/link", Page.as_view(page="link")),
    path("login/link/confirm", Page.as_view(page="link-confirm")),
    path("login/confirmed", Page.as_view(page="confirmed")),
    path("notes", Page.as_view(page="notes")),
    path("account", Page.as_view(page="account")),
    path("register", Page.as_view(page="register")),
    path("register/finish", Page.as_view(page="register-finish")),
    path("password/forgot", Page.as_view(page="password-forgot")),
    path("password/reset", Page.as_view(page="password-reset")),
    path("email/confirm", Page.as_view(page="email-confirm")),
    path("audit", Page.as_view(page="audit")),
    path("", include("lab.urls")),
]

if settings.DEMO or settings.CLASS:
    urlpatterns += [path("mail", Page.as_view(page="mail")), path("mail/messages", messages)]
if settings.DEMO:
    urlpatterns += [path("api/docs", DocsPage.as_view())]

handler400 = "project.pages.bad_request"
handler403 = "project.pages.permission_denied"
handler404 = "project.pages.not_found"
handler500 = "project.pages.server_error"
