"""The lab's own client: what a page on the lab's host sends."""

from typing import Any

from django.http import HttpResponse

from accounts.tests.clients import SAFE
from tests.clients import BrowserClient

LAB = "app.demo.localhost"


class LabClient(BrowserClient):
    """A page on the lab's host, with a bench of its own once it watches."""

    def __init__(self, **defaults: Any) -> None:
        super().__init__(**defaults)
        self.defaults["SERVER_NAME"] = LAB
        self.bench: dict[str, Any] = {}

    def own_headers(self, method: str) -> dict[str, str | None]:
        headers = super().own_headers(method)
        if method not in SAFE:
            headers["Origin"] = f"http://{LAB}"
        return headers

    def watch(self) -> dict[str, Any]:
        self.get("/auth/session")
        self.bench = self.post("/learn/api/watch").json()
        return self.bench

    def sign_in_alice(self) -> HttpResponse:
        """Signs in as this bench's own person; opens the bench if there is none."""
        person = (self.bench or self.watch())["person"]
        return self.sign_in(person["email"], person["password"])
