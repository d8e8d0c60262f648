"""A server of somebody else's that trusts Gatehouse's access tokens: all it has is public keys.

It shares no code, no secret and no database with Gatehouse, and asks it nothing about a request.
"""

import json
import os
import threading
import time
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.request import urlopen

import jwt
from flask import Flask, Response, g, request

ISSUER = os.environ["ISSUER"]
AUDIENCE = os.environ.get("AUDIENCE", "gatehouse-api")
JWKS_URL = os.environ.get("JWKS_URL", f"{ISSUER}/.well-known/jwks.json")
CLAIMS = ["iss", "aud", "sub", "client_id", "iat", "exp", "jti", "sid", "scope"]
CLAIMS += ["auth_time", "amr", "acr"]

app = Flask(__name__)


class Keys:
    """The public keys, fetched when a token names one that is not known, and now and then.

    At most once in five seconds: whoever invents key ids must not make us flood the issuer. A new
    key is published ten seconds before it signs, so that this loses no token.
    """

    def __init__(self) -> None:
        self.known: dict[str, jwt.PyJWK] = {}
        self.asked_at = float("-inf")
        self.lock = threading.Lock()

    def get(self, kid: str) -> jwt.PyJWK:
        with self.lock:
            age = time.monotonic() - self.asked_at
            if age > 300 or (kid not in self.known and age > 5):
                self.asked_at = time.monotonic()
                self.fetch()
        return self.known[kid]

    def fetch(self) -> None:
        try:
            with urlopen(JWKS_URL, timeout=3) as answer:  # noqa: S310  (an address of our own)
                listed = json.load(answer)["keys"]
        except (OSError, ValueError):
            app.logger.exception("the keys cannot be fetched; those known before stay in force")
        else:
            self.known = {key["kid"]: jwt.PyJWK(key) for key in listed if key["alg"] == "ES256"}


keys = Keys()


def verify(token: str) -> dict[str, Any]:
    """The claims of a good access token; an exception for anything else."""
    header = jwt.get_unverified_header(token)
    if header.get("typ") != "at+jwt":  # RFC 9068 section 4: a refresh token is none
        raise jwt.InvalidTokenError("not an access token")
    key = keys.get(str(header.get("kid")))
    options: Any = {"require": CLAIMS}
    claims: dict[str, Any] = jwt.decode(
        token, key, ["ES256"], audience=AUDIENCE, issuer=ISSUER, leeway=5, options=options
    )
    if "cnf" in claims:  # RFC 9449 section 7.2: as Bearer it would be a token that can be copied
        raise jwt.InvalidTokenError("bound to a key, and no proof of it is checked here")
    return claims


def needs(scope: str, *, acr: str = "1") -> Callable[[Any], Any]:
    """A view for callers whose token carries this scope. The claims are in `g.claims`.

    `acr` is how strong their sign-in must have been: "2" for two factors, "3" for a passkey.
    """

    def protect(view: Any) -> Any:
        @wraps(view)
        def check(*args: Any, **kwargs: Any) -> Any:
            scheme, _, token = request.headers.get("Authorization", "").partition(" ")
            if scheme.lower() != "bearer":
                return refusal(401, "")
            try:
                g.claims = verify(token.strip())
            except (jwt.PyJWTError, KeyError):
                return refusal(401, ', error="invalid_token"')
            if scope not in g.claims["scope"].split():
                return refusal(403, f', error="insufficient_scope", scope="{scope}"')
            if g.claims["acr"] < acr:  # RFC 9470: the client asks its person for more, and repeats
                error = "insufficient_user_authentication"
                return refusal(401, f', error="{error}", acr_values="{acr}"')
            return view(*args, **kwargs)

        return check

    return protect


def refusal(status: int, error: str) -> Response:
    return Response(status=status, headers={"WWW-Authenticate": f'Bearer realm="example"{error}'})


@app.get("/report")
@needs("audit:read")
def report() -> dict[str, str]:
    return {"for": g.claims["sub"], "by": g.claims["client_id"]}


@app.get("/report/names")
@needs("audit:read", acr="2")
def names() -> dict[str, str]:
    return {"for": g.claims["sub"], "acr": g.claims["acr"]}
