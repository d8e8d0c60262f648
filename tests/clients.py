"""The clients through which tests speak to the app: a browser page, a program, an attacker.

They differ in what they send by themselves, as the real ones do. A header given as None is left
out.
"""

import json
from typing import Any

from django.http import HttpResponse
from django.test import Client

from accounts.users.models import User

PASSWORDS = {
    "alice@example.com": "alice walks the long way home",
    "bob@example.com": "bob keeps bees on the roof",
    "carol@example.com": "carol reads every log line",
}
SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}


def password_of(email: str, password: str | None) -> str:
    """The given password, or the one that the fixtures gave to this person."""
    return PASSWORDS[email] if password is None else password


class JSONClient(Client):
    """A test client at http://localhost that speaks JSON and drops cookies when told to."""

    def __init__(self, **defaults: Any) -> None:
        super().__init__(enforce_csrf_checks=True, SERVER_NAME="localhost", **defaults)

    def own_headers(self, method: str) -> dict[str, str | None]:
        """What this client sends with every request unless a test says otherwise."""
        return {}

    def generic(
        self,
        method: str,
        path: str,
        data: Any = "",
        content_type: str = "application/json",
        secure: bool = False,
        *,
        headers: dict[str, str | None] | None = None,
        **extra: Any,
    ) -> HttpResponse:
        sent = {**self.own_headers(method), **(headers or {})}
        sent = {name: value for name, value in sent.items() if value is not None}
        return super().generic(method, path, data, content_type, secure, headers=sent, **extra)

    def request(self, **request: Any) -> HttpResponse:
        response = super().request(**request)
        # Django's client would go on sending a deleted cookie, empty.
        for name in [name for name, cookie in self.cookies.items() if cookie["max-age"] == 0]:
            del self.cookies[name]
        return response

    def post(self, path: str, data: Any = None, **extra: Any) -> HttpResponse:
        return self._send("POST", path, data, **extra)

    def put(self, path: str, data: Any = None, **extra: Any) -> HttpResponse:
        return self._send("PUT", path, data, **extra)

    def patch(self, path: str, data: Any = None, **extra: Any) -> HttpResponse:
        return self._send("PATCH", path, data, **extra)

    def delete(self, path: str, data: Any = None, **extra: Any) -> HttpResponse:
        return self._send("DELETE", path, data, **extra)

    def _send(self, method: str, path: str, data: Any, **extra: Any) -> HttpResponse:
        """Text and bytes go out as they are; anything else as JSON; None sends no body at all."""
        if data is None:
            body = ""
        elif isinstance(data, str | bytes):
            body = data
        else:
            body = json.dumps(data)
        return self.generic(method, path, body, **extra)


class BrowserClient(JSONClient):
    """What our page sends: same-origin Fetch Metadata, Origin, and the CSRF token it read."""

    def own_headers(self, method: str) -> dict[str, str | None]:
        headers: dict[str, str | None] = {"Sec-Fetch-Site": "same-origin"}
        headers |= {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
        if method not in SAFE:
            headers["Origin"] = "http://localhost"
            if "__Host-csrftoken" in self.cookies:
                headers["X-CSRFToken"] = self.cookies["__Host-csrftoken"].value
        return headers

    def sign_in(
        self, person: User | str, password: str | None = None, remember: bool = False
    ) -> HttpResponse:
        """Signs in as the sign-in page does and returns the answer, whatever it is."""
        email = getattr(person, "email", person)
        if "__Host-csrftoken" not in self.cookies:
            self.get("/auth/session")
        body = {"email": email, "password": password_of(email, password), "remember": remember}
        return self.post("/auth/login", body)


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


class AttackerClient(JSONClient):
    """Mallory's own program: it sends what a test tells it to and nothing else."""

    def steal_cookies(self, victim: Client) -> None:
        """Copies every cookie of the victim, as malware on their machine could."""
        for name, cookie in victim.cookies.items():
            self.cookies[name] = cookie.value
