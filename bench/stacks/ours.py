"""Gatehouse's own requests, and the peers' in the same middleware stack."""

import time
from typing import Any

import jwt

from accounts import sessions, tokens
from accounts.tokens import jws, key_store, signing
from accounts.users.models import User
from api.me import MeView
from bench.calls import Target
from bench.stacks.peers import REST_AUTH, view_for
from bench.stacks.targets import Place, bearer, cookie, simplejwt_tokens, spoilt

# Beside the token, what a signed-in browser sends with it.
CSRF = "__Host-csrftoken"


class OpenMe(MeView):
    """The same view with authentication off: it answers with claims that nobody has checked."""

    authentication_classes = ()
    permission_classes = ()
    claims: Any = None

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        request.auth = self.claims


class ForgetfulMe(MeView):
    """The same view without the memory of verified tokens."""

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        signing.verified.clear()
        super().initial(request, *args, **kwargs)


def sign_in() -> Any:
    user = User.objects.create_user("bench@example.com", "walks on the beach", name="Bench")
    return sessions.start(user, evidence=sessions.BY_PASSWORD, client="web", remember=True)


def lasting(access: str, seconds: int) -> str:
    """The same claims with another expiry, signed with the real key."""
    token, now = jws.parse(access), int(time.time())
    issued = min(now, now + seconds) - 60
    claims = token.claims() | {"iat": issued, "auth_time": issued, "exp": now + seconds}
    key = key_store.ring().active
    return jwt.encode(claims, key.private, algorithm=key.alg, headers=token.header)


def own(issued: Any) -> dict[str, Target]:
    """`me`, the same unprotected, and what is refused."""
    good = lasting(issued.access, 3500)
    OpenMe.claims = tokens.verify_access(good)
    sent = cookie(
        **{
            "__Host-Http-access_token": good,
            "__Host-Http-refresh_token": issued.refresh,
            CSRF: "c" * 32,
        }
    )
    refused = {"expired": lasting(issued.access, -3600), **spoilt(good)}
    usual = Place(MeView)
    return {
        "me": Target(sent, urlconf=usual),
        "me again": Target(sent, urlconf=usual),
        "me open": Target(sent, urlconf=Place(OpenMe)),
        "me without cache": Target(sent, urlconf=Place(ForgetfulMe)),
        "me bearer": Target(bearer(good), urlconf=usual),
        **{name: Target(bearer(text), 401, urlconf=usual) for name, text in refused.items()},
    }


def same() -> dict[str, Target]:
    """Ours, and behind the same middleware dj-rest-auth and simplejwt."""
    found = own(sign_in())
    texts = simplejwt_tokens(User.objects.get(email="bench@example.com"))
    stateless = Place(view_for("simplejwt-stateless"))
    good = texts.pop("good")
    jar = cookie(**{REST_AUTH["JWT_AUTH_COOKIE"]: good, CSRF: "c" * 32})
    found["dj-rest-auth"] = Target(jar, urlconf=Place(view_for("dj-rest-auth")))
    found["simplejwt"] = Target(bearer(good), urlconf=Place(view_for("simplejwt")))
    found["simplejwt-stateless"] = Target(bearer(good), urlconf=stateless)
    for name, text in texts.items():
        found[f"simplejwt {name}"] = Target(bearer(text), 401, urlconf=stateless)
    return found
