"""What a lab host serves: the app's own endpoints under the lab's profile, and the lab API.

The victim of every experiment lives here. The profile is in force for the whole request
(lab.middleware), so the views are the app's, unchanged.
"""

from django.conf import settings
from django.urls import URLPattern, path

from accounts.web.views import sign_in
from api.me import MeView
from lab import (
    bank,
    compare,
    contents,
    cross_site,
    forging,
    refresh,
    storage,
    views,
)
from lab.classroom.urls import at_lab
from lab.pages import LearnPage
from lab.urls import own_session

phishing: list[URLPattern] = []
binding: list[URLPattern] = []

if contents.WITH_FACTORS:
    from accounts.factors.views import FactorView
    from lab.phishing import StartView as PhishingStart

    phishing = [
        path("auth/login/factor", FactorView.as_view()),
        path("bank/phishing/start", PhishingStart.as_view()),
    ]

if contents.WITH_BINDING:
    from lab.binding import ActView, ChallengeView, PassView, ProofView, StartView

    binding = [
        path("bank/binding/start", StartView.as_view()),
        path("bank/binding/act", ActView.as_view()),
        path("bank/binding/pass", PassView.as_view()),
        path("bank/binding/challenge", ChallengeView.as_view()),
        path("bank/binding/proof", ProofView.as_view()),
    ]

urlpatterns = [
    path("auth/session", sign_in.SessionView.as_view()),
    path("auth/login", sign_in.LoginView.as_view()),
    path("auth/refresh", sign_in.RefreshView.as_view()),
    path("auth/logout", sign_in.LogoutView.as_view()),
    path("api/me", MeView.as_view()),
    path("lab/expire", views.ExpireView.as_view()),
    path("learn/api/forge", forging.ForgeView.as_view()),
    path("learn/api/forge/own", forging.EditView.as_view()),
    path("learn/api/forge/<str:slug>", forging.CardView.as_view()),
    path("learn/api/evidence", storage.EvidenceView.as_view()),
    path("storage/victim", storage.VictimPage.as_view()),
    path("bank/account", bank.AccountView.as_view()),
    path("bank/storage/sign-in", storage.SignInView.as_view()),
    path("bank/storage/refresh", storage.RefreshView.as_view()),
    path("bank/storage/probe", storage.probe),
    path("bank/cross/start", cross_site.StartView.as_view()),
    path("bank/transfer", cross_site.transfer),
    path("bank/refresh/tab", refresh.TabPage.as_view()),
    path("bank/refresh/start", refresh.StartView.as_view()),
    path("bank/refresh/turn", refresh.TurnView.as_view()),
    path("bank/refresh/use", refresh.UseView.as_view()),
    path("bank/refresh/end", refresh.EndView.as_view()),
    path("bank/compare/start", compare.StartView.as_view()),
    path("bank/compare/check", compare.CheckView.as_view()),
    path("bank/compare/end", compare.EndView.as_view()),
    *phishing,
    *binding,
    *own_session,
    *(at_lab if settings.CLASS else []),
    *(
        path(f"learn/{page.slug}", LearnPage.as_view(slug=page.slug))
        for page in contents.PAGES
        if page.at_lab or page.slug in ("flow", "inspect")
    ),
]

handler400 = "project.pages.bad_request"
handler403 = "project.pages.permission_denied"
handler404 = "project.elsewhere.not_here"
handler500 = "project.pages.server_error"
