"""The clients through which tests speak to the app: a browser page, a program, an attacker.

Those of the core's own tests, with this site's people and its ways in for programs.
"""

from typing import Any

from django.http import HttpResponse

from accounts.tests.clients import AttackerClient, JSONClient, PageClient
from accounts.users.models import User

__all__ = ["PASSWORDS", "AttackerClient", "BearerClient", "BrowserClient", "JSONClient"]

PASSWORDS = {
    "alice@example.com": "alice walks the long way home",
    "bob@example.com": "bob keeps bees on the roof",
    "carol@example.com": "carol reads every log line",
}


def password_of(email: str, password: str | None) -> str:
    """The given password, or the one that the fixtures gave to this person."""
    return PASSWORDS[email] if password is None else password


class BrowserClient(PageClient):
    """A page of this site."""

    def sign_in(
        self, person: User | str, password: str | None = None, remember: bool = False
    ) -> HttpResponse:
        """Sign in as the sign-in page does and return the answer, whatever it is."""
        email = getattr(person, "email", person)
        body = {"email": email, "password": password_of(email, password), "remember": remember}
        return self.sign_in_with(body)


class BearerClient(JSONClient):
    """A program: no cookies, no Fetch Metadata, `Authorization: Bearer` once it has signed in."""

    tokens: dict[str, Any] | None = None

    def own_headers(self, method: str) -> dict[str, str | None]:
        if self.tokens is None:
            return {}
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}

    def sign_in(self, person: User | str, password: str | None = None) -> HttpResponse:
        """Fetches tokens for this person; `tokens` is the body of the answer if it worked."""
        email = getattr(person, "email", person)
        self.tokens = None
        body = {"email": email, "password": password_of(email, password)}
        response = self.post("/auth/token", body)
        if response.status_code == 200:
            self.tokens = response.json()
        return response

    def refresh(self) -> HttpResponse:
        """Presents the refresh token; keeps the new tokens if it worked."""
        token = self.tokens["refresh_token"] if self.tokens else ""
        response = self.post(
            "/auth/token/refresh", {"refresh_token": token}, headers={"Authorization": None}
        )
        if response.status_code == 200:
            self.tokens = response.json()
        return response
