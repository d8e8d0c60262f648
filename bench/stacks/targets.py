"""What can be measured in each stack: requests with the credentials that make them work, or not."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import include, path

from bench.calls import Target
from bench.stacks.peers import REST_AUTH

PASSWORD = "a long walk on the beach at noon"


class Place:
    """A URLconf with this view at /api/me, in the very place where Gatehouse has its own."""

    handler400 = "project.pages.bad_request"
    handler403 = "project.pages.permission_denied"
    handler404 = "project.pages.not_found"
    handler500 = "project.pages.server_error"

    def __init__(self, view: Any) -> None:
        from project.urls import urlpatterns

        api, *others = urlpatterns
        _, *rest = api.url_patterns
        self.urlpatterns = [path("api/", include([path("me", view.as_view()), *rest])), *others]


def bearer(token: str) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": f"Bearer {token}"}


def cookie(**values: str) -> dict[str, str]:
    return {"HTTP_COOKIE": "; ".join(f"{name}={value}" for name, value in values.items())}


def spoilt(token: str) -> dict[str, str]:
    """The same token with another signature, and with 8 KB of it."""
    head, payload, signature = token.split(".")
    other = ("A" if signature[9] != "A" else "B").join((signature[:9], signature[10:]))
    return {
        "bad signature": f"{head}.{payload}.{other}",
        "8 KB": f"{head}.{(payload * 30)[: 8192 - len(head) - len(signature) - 2]}.{signature}",
    }


def simplejwt_tokens(user: Any) -> dict[str, str]:
    from rest_framework_simplejwt.tokens import AccessToken

    good, expired = AccessToken.for_user(user), AccessToken.for_user(user)
    good.set_exp(lifetime=timedelta(hours=2))
    expired.set_exp(lifetime=-timedelta(hours=1))
    return {"good": str(good), "expired": str(expired), **spoilt(str(good))}


def modern_rest_token(user: Any) -> str:
    from dmr.security.jwt import JWToken

    now = datetime.now(UTC).replace(microsecond=0)
    times = {"iat": now, "exp": now + timedelta(hours=2)}
    token = JWToken(sub=str(user.pk), **times, extras={"type": "access"})
    return token.encode(secret=settings.SECRET_KEY, algorithm="HS256")


def documented() -> dict[str, Target]:
    """A peer in a project of its own."""
    peer = settings.PEER
    user = get_user_model().objects.create_user("alice", "alice@example.com", PASSWORD)
    if peer == "open":
        return {"me": Target({})}
    if peer == "session":
        client = Client()
        client.force_login(user)
        return {"me": Target(cookie(sessionid=client.cookies["sessionid"].value))}
    if peer == "allauth":
        body = {"username": "alice", "password": PASSWORD}
        answer = Client(SERVER_NAME="localhost").post(
            "/_allauth/app/v1/auth/login", body, content_type="application/json"
        )
        return {"me": Target(bearer(answer.json()["meta"]["access_token"]))}
    if peer == "modern-rest":
        return {"me": Target(cookie(access_token=modern_rest_token(user)))}
    if peer.startswith("ninja-jwt"):
        from ninja_jwt.tokens import AccessToken

        token = AccessToken.for_user(user)
        token.set_exp(lifetime=timedelta(hours=2))
        return {"me": Target(bearer(str(token)))}
    if peer == "bolt":
        from django_bolt.auth import create_jwt_for_user

        return {"me": Target(bearer(create_jwt_for_user(user, expires_in=7200)))}
    texts = simplejwt_tokens(user)
    if peer == "dj-rest-auth":
        return {"me": Target(cookie(**{REST_AUTH["JWT_AUTH_COOKIE"]: texts["good"]}))}
    found = {"me": Target(bearer(texts.pop("good")))}
    return found | {name: Target(bearer(text), 401) for name, text in texts.items()}
