"""Signing keys change while people work: nobody notices a rotation, everybody a withdrawal."""

import json
import threading
from base64 import urlsafe_b64decode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.engines.people import Visitor, fetch_tokens
from tests.servers import Gatehouse

ACCESS = "__Host-Http-access_token"


def kid_of(token: str) -> str:
    """The key that signed this token."""
    header = token.split(".")[0]
    return str(json.loads(urlsafe_b64decode(header + "=" * (-len(header) % 4)))["kid"])


@pytest.fixture
def busy(serve: Callable[..., Gatehouse]) -> Gatehouse:
    # No grace window: each refresh really rotates and signs with the key of that moment.
    return serve(GATEHOUSE_GRACE_SECONDS=0)


def test_key_rotated_under_load_fails_no_request(
    busy: Gatehouse, visitor_of: Callable[[str], Visitor]
) -> None:
    """ASVS 13.3.4: the new key is published before it signs, the old one verifies on."""
    over = threading.Event()
    statuses: list[int] = []
    kids: set[str] = set()

    def work(visitor: Visitor) -> None:
        while not over.is_set():
            statuses.append(visitor.send("GET", "/api/me").status_code)
            statuses.append(visitor.send("POST", "/auth/refresh").status_code)
            kids.add(kid_of(visitor.cookies[ACCESS]))

    visitors = [visitor_of(busy.url) for _ in range(3)]
    for visitor in visitors:
        assert visitor.sign_in().status_code == 200
    first = kid_of(visitors[0].cookies[ACCESS])

    with ThreadPoolExecutor() as pool:
        working = [pool.submit(work, visitor) for visitor in visitors]
        busy.manage("rotate_signing_key", "--wait", "5")
        # Work on until the new key has been seen to sign.
        seen = threading.Event()
        while len(kids) < 2 and not any(job.done() for job in working):
            seen.wait(0.05)
        over.set()
        for job in working:
            job.result()

    assert len(statuses) > 50
    assert set(statuses) == {200}
    assert len(kids) == 2
    assert first in kids


def test_key_dropped_under_load_ends_its_sessions_only(
    busy: Gatehouse, visitor_of: Callable[[str], Visitor]
) -> None:
    """A leaked key: what it signed is refused within five seconds, new sign-ins work on."""
    visitor = visitor_of(busy.url)
    visitor.sign_in()
    program = fetch_tokens(busy.url).json()
    kid = kid_of(visitor.cookies[ACCESS])

    busy.manage("rotate_signing_key", "--drop", kid)

    over = threading.Event()
    for _ in range(100):
        if visitor.send("GET", "/api/me").status_code == 401:
            break
        over.wait(0.05)
    bearer = {"Authorization": f"Bearer {program['access_token']}"}
    assert visitor.send("GET", "/api/me").json()["code"] == "invalid_token"
    assert visitor.send("POST", "/auth/refresh").json()["code"] == "session_ended"
    assert visitor.client.get("/api/me", headers=bearer).status_code == 401
    assert visitor.sign_in().status_code == 200
    assert kid_of(visitor.cookies[ACCESS]) != kid
    assert visitor.send("GET", "/api/me").status_code == 200
