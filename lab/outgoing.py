"""Requests that a server of the lab sends by itself, as a thief's server does with its loot.

Real HTTP from this same server to itself, under another host name. The host is one of our own
and the path is ours, so nobody can send it anywhere else.
"""

import http.client
import json
import ssl
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.signing import Signer
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from lab import addresses

SECONDS = 5

# Opens a class to its own attackers' server, which has no cookie of a pupil (lab.classroom).
SENDER = "X-Lab-Server"


@dataclass(frozen=True)
class Answer:
    """Status 0: there was none."""

    status: int
    body: dict[str, Any]
    cookies: dict[str, str] = field(default_factory=dict)


def send(
    request: HttpRequest,
    host: str,
    method: str,
    path: str,
    *,
    bearer: str = "",
    cookie: str = "",
    body: bytes | None = None,
    more: dict[str, str] | None = None,
) -> Answer:
    """To `host` ("app" or "lab") of this server, as `request` reached it. `more` are headers."""
    origin = urlsplit(addresses.app() if host == "app" else addresses.lab())
    headers = {"Host": origin.netloc, "User-Agent": "the-thief/1", **(more or {})}
    if bearer:
        headers["Authorization"] = f"Bearer {bearer}"
    if cookie:
        headers["Cookie"] = cookie
    connection = open_connection(request)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        set_cookies = response.headers.get_all("Set-Cookie") or []
        pairs = [line.partition(";")[0].partition("=") for line in set_cookies]
        cookies = {name: value for name, _, value in pairs}
        return Answer(response.status, as_object(response.read(65536)), cookies)
    except (OSError, http.client.HTTPException):
        return Answer(0, {})
    finally:
        connection.close()


def is_ours(request: HttpRequest) -> bool:
    """Return whether a server of the lab has sent this by a Visit."""
    given = request.headers.get(SENDER, "")
    return constant_time_compare(given, Signer(salt=SENDER).sign("lab"))


class Visit:
    """Visit the lab's site as a server that keeps cookies and says that it is the site's page.

    Nothing stops it: `Origin` and the CSRF token tell a server which page a browser is at, and no
    browser is here.
    """

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.jar: dict[str, str] = {}

    def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> Answer:
        """Send one request and keep the cookies of the answer."""
        token = self.jar.get(settings.CSRF_COOKIE_NAME, "")
        more = {"Origin": addresses.lab(), "X-CSRFToken": token}
        more[SENDER] = Signer(salt=SENDER).sign("lab")
        if body is not None:
            more["Content-Type"] = "application/json"
        answer = send(
            self.request,
            "lab",
            method,
            path,
            cookie="; ".join(f"{name}={value}" for name, value in self.jar.items()),
            body=None if body is None else json.dumps(body).encode(),
            more=more,
        )
        self.jar.update(answer.cookies)
        return answer


def open_connection(request: HttpRequest) -> http.client.HTTPConnection:
    # A class is served at the room's address alone.
    host = str(urlsplit(addresses.app()).hostname) if settings.CLASS else "127.0.0.1"
    port = int(request.META["SERVER_PORT"])
    if request.is_secure():
        # The demo's certificate is its own; the connection never leaves this machine.
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return http.client.HTTPSConnection(host, port, timeout=SECONDS, context=context)
    return http.client.HTTPConnection(host, port, timeout=SECONDS)


def as_object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
