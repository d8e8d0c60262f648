"""The peers: their names, and what they leave unchecked on a protected request.

All of them check the signature and the expiry. Rotation and reuse detection are not in it: they
belong to a refresh.
"""

from typing import NamedTuple


class Peer(NamedTuple):
    name: str
    unchecked: str


OURS = Peer(
    "Gatehouse, ES256 cookie",
    "the user's row: what it says stands in the token and in the feed of revocations",
)
CLAIMS = "issuer, audience"

# In a Django project of their own, as their documentation says (bench.stacks.documented).
DOCUMENTED = {
    "open": Peer("DRF, no authentication", "everything"),
    "session": Peer("DRF with Django's session", "nothing: session and user are read each time"),
    "dj-rest-auth": Peer("dj-rest-auth, JWT cookie", f"revocation, {CLAIMS}"),
    "simplejwt": Peer("simplejwt, default (a user query)", f"revocation, {CLAIMS}"),
    "simplejwt-stateless": Peer("simplejwt, stateless", f"revocation, inactive user, {CLAIMS}"),
    "allauth": Peer("allauth headless, JWT", f"revocation, {CLAIMS}"),
    "jwt-allauth": Peer(
        "django-jwt-allauth",
        f"revocation (its check is off by default), inactive user, {CLAIMS}",
    ),
    "modern-rest": Peer(
        "django-modern-rest, JWT cookie",
        f"revocation (a blocklist is an app and a query more), {CLAIMS}",
    ),
    "ninja-jwt": Peer("django-ninja + ninja-jwt", f"revocation, {CLAIMS}"),
    "ninja-jwt-stateless": Peer(
        "django-ninja + ninja-jwt, stateless", f"revocation, inactive user, {CLAIMS}"
    ),
}

NEITHER = f"revocation, inactive user, token type, {CLAIMS}"
BOLT = Peer("django-bolt", f"{NEITHER}; runs none of Django's middleware")
FASTAPI = Peer("FastAPI + PyJWT", f"{NEITHER}, CSRF")
LITESTAR = Peer("Litestar, JWTCookieAuth", f"{NEITHER}, CSRF (a middleware that is off)")
EXPRESS = Peer("Express + jsonwebtoken, KeyObject", f"{NEITHER}, CSRF")
FASTIFY = Peer("Fastify + @fastify/jwt", f"{NEITHER}, CSRF")
