"""The peer's own endpoints, and the one that is measured: first, as in every stack."""

from django.conf import settings
from django.urls import include, path

from bench.stacks.peers import view_for

urlpatterns = [
    path("api/", include([path("me", view_for(settings.PEER).as_view())])),
]
if settings.PEER == "dj-rest-auth":
    urlpatterns.append(path("dj-rest-auth/", include("dj_rest_auth.urls")))
if settings.PEER.startswith("simplejwt"):
    from rest_framework_simplejwt.views import TokenObtainPairView, TokenRefreshView

    urlpatterns += [
        path("api/token/", TokenObtainPairView.as_view()),
        path("api/token/refresh/", TokenRefreshView.as_view()),
    ]
if settings.PEER == "allauth":
    urlpatterns.append(path("_allauth/", include("allauth.headless.urls")))
