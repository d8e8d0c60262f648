"""What the request that comes most often costs, counted: times differ by machine, calls do not."""

import io
import sys
from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application

from accounts.users.models import User
from tests.clients import BrowserClient

pytestmark = pytest.mark.django_db(transaction=True)

# Of functions written in Python, Django's and DRF's included. Alone it is 409, and after other tests
# in the same process some ten more. Python 3.12 and later make some fewer.
MOST = 427


def test_protected_request_takes_few_calls(browser_client: BrowserClient, alice: User) -> None:
    """Each further middleware, signal and layer adds to every request: a twentieth more is seen."""
    browser_client.sign_in(alice)
    jar = "; ".join(f"{name}={one.value}" for name, one in browser_client.cookies.items())
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/api/me",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost:8000",
        "HTTP_ACCEPT": "*/*",
        "HTTP_COOKIE": jar,
        "HTTP_SEC_FETCH_SITE": "same-origin",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
    }
    application = get_wsgi_application()

    # The first fill the memories, and one of the others may read the feed of revocations.
    found = [calls(application, dict(environ)) for _ in range(10)]

    assert min(found) <= MOST, found


def calls(application: Any, environ: dict[str, Any]) -> int:
    """How many functions answering this takes."""
    count = 0

    def note(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event == "call"

    def start(status: str, headers: Any) -> None:
        assert status == "200 OK"

    sys.setprofile(note)
    try:
        answer = application(environ, start)
        list(answer)
        answer.close()
    finally:
        sys.setprofile(None)
    return count
