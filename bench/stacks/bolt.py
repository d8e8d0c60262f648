"""The same endpoint on django-bolt: it checks the token in Rust, and runs no middleware."""

from typing import Any

from django_bolt import BoltAPI
from django_bolt.auth import IsAuthenticated, JWTAuthentication

from bench.stacks.peers import body

api = BoltAPI()
urlpatterns: list[Any] = []  # Django's own, which are not asked


@api.get("/api/me", auth=[JWTAuthentication()], guards=[IsAuthenticated()])
async def me(request: Any) -> dict[str, Any]:
    return body(request["context"]["user_id"])
