"""The same endpoint on Litestar with its JWTCookieAuth, as its documentation says."""

import os
from dataclasses import dataclass
from typing import Any

from litestar import Litestar, Request, get
from litestar.connection import ASGIConnection
from litestar.security.jwt import JWTCookieAuth, Token


@dataclass
class User:
    id: str


async def user_of(token: Token, connection: ASGIConnection[Any, Any, Any, Any]) -> User:
    return User(token.sub)


@get("/api/me")
async def me(request: Request[User, Token, Any]) -> dict[str, Any]:
    return {
        "id": request.user.id,
        "session_id": "hT4kPzq0WnVb2LrYc8sXdA",
        "client_id": "web",
        "scope": ["notes:read", "notes:write"],
        "expires_at": "2030-01-01T00:00:00Z",
    }


auth = JWTCookieAuth[User](
    retrieve_user_handler=user_of, token_secret=os.environ["BENCH_SECRET"], exclude=["/schema"]
)
app = Litestar([me], on_app_init=[auth.on_app_init])
