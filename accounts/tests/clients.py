"""The clients through which tests speak to the app: a browser page, a program, an attacker.

They differ in what they send by themselves, as the real ones do. A header given as None is left
out.
"""

import json
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.test import Client

SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}


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
        """Send text and bytes as they are, and anything else as JSON. None sends no body at all."""
        if data is None:
            body = ""
        elif isinstance(data, str | bytes):
            body = data
        else:
            body = json.dumps(data)
        return self.generic(method, path, body, **extra)


class PageClient(JSONClient):
    """What a page sends: same-origin Fetch Metadata, Origin, and the CSRF token it read."""

    def own_headers(self, method: str) -> dict[str, str | None]:
        headers: dict[str, str | None] = {"Sec-Fetch-Site": "same-origin"}
        headers |= {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
        if method not in SAFE:
            headers["Origin"] = "http://localhost"
            if settings.CSRF_COOKIE_NAME in self.cookies:
                headers["X-CSRFToken"] = self.cookies[settings.CSRF_COOKIE_NAME].value
        return headers

    def sign_in_with(self, body: dict[str, Any]) -> HttpResponse:
        """Sign in as the sign-in page does and return the answer, whatever it is."""
        if settings.CSRF_COOKIE_NAME not in self.cookies:
            self.get("/auth/session")
        return self.post("/auth/login", body)


class BrowserClient(PageClient):
    """A page, for people whom `people.make_user` made."""

    def sign_in(
        self, person: Any, password: str | None = None, remember: bool = False
    ) -> HttpResponse:
        """Sign in with this person's own password unless another one is given.

        `person` is a user, or what is typed for a name.
        """
        return self.sign_in_with({**credentials(person, password), "remember": remember})


def credentials(person: Any, password: str | None = None) -> dict[str, str]:
    """Return the two fields of a sign-in, under the names that this user model has for them."""
    from .. import subjects
    from .people import PASSWORDS

    name = person if isinstance(person, str) else person.get_username()
    own = PASSWORDS[name.partition("@")[0]] if password is None else password
    return {subjects.name_field().name: name, "password": own}


class BearerClient(JSONClient):
    """A program: no cookies, no Fetch Metadata, `Authorization: Bearer` once it has tokens."""

    tokens: dict[str, str] | None = None

    def own_headers(self, method: str) -> dict[str, str | None]:
        if self.tokens is None:
            return {}
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}

    def sign_in(self, person: Any) -> None:
        """Take tokens for this person from the core itself: where they come from is a part's."""
        from .. import sessions

        issued = sessions.start(person, evidence=sessions.BY_PASSWORD, client="cli", remember=True)
        self.tokens = {"access_token": issued.access, "refresh_token": issued.refresh}


class AttackerClient(JSONClient):
    """Mallory's own program: it sends what a test tells it to and nothing else."""

    def steal_cookies(self, victim: Client) -> None:
        """Copy every cookie of the victim, as malware on their machine could."""
        for name, cookie in victim.cookies.items():
            self.cookies[name] = cookie.value
