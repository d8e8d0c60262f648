"""What a hostile host serves: the attackers' pages, and nothing of the app."""

from django.conf import settings
from django.urls import URLPattern, path

from lab import contents, cross_site, thief
from lab.classroom.urls import anywhere

phishing: list[URLPattern] = []

if contents.WITH_FACTORS:
    from lab.phishing import PhishingPage, RelayView

    phishing = [
        path("phishing", PhishingPage.as_view()),
        path("phishing/relay", RelayView.as_view()),
    ]

urlpatterns: list[URLPattern] = [
    path("loot", thief.LootView.as_view()),
    path("thief", thief.ThiefPage.as_view()),
    path("thief/use", thief.UseView.as_view()),
    path("cross-site", cross_site.AttackerPage.as_view()),
    *phishing,
    *(anywhere if settings.CLASS else []),
]

handler400 = "project.pages.bad_request"
handler403 = "project.pages.permission_denied"
handler404 = "project.elsewhere.not_here"
handler500 = "project.pages.server_error"
