"""The same endpoint on FastAPI with PyJWT, the token in a cookie, as FastAPI's tutorial does it."""

import os
from typing import Annotated, Any

import jwt
from fastapi import Cookie, Depends, FastAPI, HTTPException

SECRET = os.environ["BENCH_SECRET"]
app = FastAPI()


async def claims(token: Annotated[str | None, Cookie()] = None) -> dict[str, Any]:
    try:
        found: dict[str, Any] = jwt.decode(token or "", SECRET, algorithms=["HS256"])
    except jwt.InvalidTokenError:
        raise HTTPException(401) from None
    return found


@app.get("/api/me")
async def me(claims: Annotated[dict[str, Any], Depends(claims)]) -> dict[str, Any]:
    return {
        "id": claims["sub"],
        "session_id": "hT4kPzq0WnVb2LrYc8sXdA",
        "client_id": "web",
        "scope": ["notes:read", "notes:write"],
        "expires_at": "2030-01-01T00:00:00Z",
    }
