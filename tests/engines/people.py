"""A program and a browser page that speak HTTP to a running server, without a browser.

Cookies are kept by hand: Python's own jars do not send Secure cookies to http://localhost.
"""

from typing import Any

import httpx

from project.demo import PEOPLE

PASSWORDS = {person.email: person.password for person in PEOPLE}


class Visitor:
    """What our page sends: cookies, `Origin`, Fetch Metadata and the CSRF token."""

    def __init__(self, url: str, timeout: float = 300) -> None:
        self.url = url
        self.cookies: dict[str, str] = {}
        self.client = httpx.Client(base_url=url, timeout=timeout, verify=False)  # noqa: S501

    def close(self) -> None:
        """Ends its connections; the test runner takes an open one for a leak."""
        self.client.close()

    def send(self, method: str, path: str, body: Any = None) -> httpx.Response:
        # A whole address leads to that server, from a page of its own.
        origin = self.url if path.startswith("/") else "/".join(path.split("/")[:3])
        headers = {"Origin": origin, "Sec-Fetch-Site": "same-origin"}
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        # As http.js of the package does: a project may keep Django's name.
        token = self.cookies.get("__Host-csrftoken") or self.cookies.get("csrftoken", "")
        headers["X-CSRFToken"] = token
        response = self.client.request(method, path, json=body, headers=headers)
        for line in response.headers.get_list("set-cookie"):
            name, _, value = line.split(";")[0].partition("=")
            self.cookies[name] = value
            if "Max-Age=0" in line:
                del self.cookies[name]
        self.client.cookies.clear()
        return response

    def sign_in(self, email: str = "alice@example.com") -> httpx.Response:
        if "__Host-csrftoken" not in self.cookies:
            self.send("GET", "/auth/session")
        credentials = {"email": email, "password": PASSWORDS[email], "remember": True}
        return self.send("POST", "/auth/login", credentials)


def fetch_tokens(
    url: str, email: str = "alice@example.com", timeout: float = 300
) -> httpx.Response:
    """What a program does: POST /auth/token."""
    credentials = {"email": email, "password": PASSWORDS[email]}
    return httpx.post(f"{url}/auth/token", json=credentials, timeout=timeout, verify=False)  # noqa: S501
