"""What the server notes for a page that watches: everything that happened, nothing to replay."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import RequestFactory

from accounts import subjects
from accounts.models import Session
from accounts.tests.presenting import holds_jwt
from accounts.users.models import User
from lab import redaction
from tests.clients import PASSWORDS, BrowserClient
from tests.lab.clients import LabClient


def entries(client: BrowserClient) -> list[dict[str, Any]]:
    return client.get("/learn/api/log").json()["entries"]


def names(entry: dict[str, Any]) -> list[str]:
    return [step["name"] for step in entry["steps"]]


@pytest.fixture
def watching(browser_client: BrowserClient) -> BrowserClient:
    """A browser at the app whose requests are noted."""
    browser_client.get("/auth/session")
    browser_client.post("/learn/api/watch")
    return browser_client


def test_sign_in_is_noted_with_what_each_step_did(alice: User, watching: BrowserClient) -> None:
    """Steps 1 to 4: headers, budgets, hashing, claims, session row, Set-Cookie lines."""
    answer = watching.sign_in(alice)

    (entry,) = [one for one in entries(watching) if one["path"] == "/auth/login"]
    ran = names(entry)
    assert entry["request_id"] == answer["X-Request-Id"]
    assert ran.index("accounts.web.csrf.check") < ran.index(
        "accounts.credentials.verification.verify"
    )
    assert ran.index("accounts.credentials.verification.verify") < ran.index(
        "accounts.tokens.signing.issue"
    )
    issued = entry["steps"][ran.index("accounts.tokens.signing.issue")]["facts"]
    assert issued["access"]["header"]["typ"] == "at+jwt"
    assert issued["access"]["claims"]["sub"] == subjects.of(alice).sub
    sent = {cookie["name"]: cookie["attributes"] for cookie in entry["sent"]["cookies"]}
    assert sent["__Host-Http-access_token"]["HttpOnly"] is True
    assert entry["received"]["headers"]["Sec-Fetch-Site"] == "same-origin"
    assert [event["kind"] for event in entry["events"]] == ["signed_in"]


def test_api_call_is_noted_with_its_checks_in_order(alice: User, watching: BrowserClient) -> None:
    """Step 7: syntax, header, signature, claims, session; a second call finds it verified."""
    watching.sign_in(alice)

    watching.get("/api/me")
    watching.get("/api/me")

    first, second = [one for one in entries(watching) if one["path"] == "/api/me"]
    checks = ("accounts.tokens.", "accounts.tokens.jws.", "accounts.tokens.claims.")
    assert [name for name in names(first) if name.startswith(checks)] == [
        "accounts.tokens.signing.verify_access",
        "accounts.tokens.signing.RingBackend.decode",
        "accounts.tokens.jws.parse",
        "accounts.tokens.signing.RingBackend.key_for",
        "accounts.tokens.signing.RingBackend.check_signature",
        "accounts.tokens.claims.check_types",
        "accounts.tokens.claims.check_values",
    ]
    assert "accounts.sessions.revocation.check" in names(second)
    assert second["steps"][names(second).index("accounts.tokens.signing.verify_access")][
        "facts"
    ] == {"from_memory": True}


def test_refused_call_is_noted_with_its_cause(alice: User, watching: BrowserClient) -> None:
    """The answer says nothing; the note says which check failed."""
    watching.sign_in(alice)
    watching.post("/learn/api/hello", headers={"Sec-Fetch-Site": "same-site"})

    entry = entries(watching)[-1]

    (refused,) = [step for step in entry["steps"] if step["refused"]]
    assert refused["name"] == "accounts.web.csrf.check"
    assert refused["cause"] == "Sec-Fetch-Site is same-site"


def test_refresh_is_noted_with_its_verdict(alice: User, watching: BrowserClient) -> None:
    """Step 8: which generation was presented, and what it deserved."""
    watching.sign_in(alice)
    watching.post("/auth/refresh")

    entry = entries(watching)[-1]

    judged = entry["steps"][names(entry).index("accounts.sessions.judgement.judge")]["facts"]
    assert judged["verdict"] == "answer with the current generation"
    assert judged["presented"] == 1


def test_rotation_is_noted_with_the_row_as_it_was_judged(
    alice: User, watching: BrowserClient
) -> None:
    """The verdict was about generation 1, though the row stands at 2 by the time it is noted."""
    watching.sign_in(alice)
    Session.objects.update(rotated_at=F("rotated_at") - timedelta(minutes=1))

    watching.post("/auth/refresh")

    entry = entries(watching)[-1]
    judged = entry["steps"][names(entry).index("accounts.sessions.judgement.judge")]["facts"]
    rotated = entry["steps"][names(entry).index("accounts.sessions.rotation.rotate")]["facts"]
    assert (judged["verdict"], judged["presented"], judged["row"]) == ("rotate", 1, 1)
    assert rotated["session"]["generation"] == 2


def test_nothing_noted_could_be_replayed(alice: User, watching: BrowserClient) -> None:
    """No token, no signature, no password, no CSRF token, no session key, no bench id."""
    watching.sign_in(alice)
    watching.get("/api/me")
    watching.post("/learn/api/hello")
    watching.post("/auth/refresh")

    text = json.dumps(entries(watching))

    assert not holds_jwt(text)
    assert PASSWORDS[alice.email] not in text
    for cookie in watching.cookies.values():
        assert cookie.value not in text
        assert cookie.value.rpartition(".")[2] not in text
    assert "the session's secret, not shown" in text


def test_browser_that_does_not_watch_is_not_noted(alice: User, watching: BrowserClient) -> None:
    """Off unless asked for, and for the one that asked."""
    other = BrowserClient()

    answer = other.sign_in(alice)

    assert "Server-Timing" not in answer
    assert not [one for one in entries(watching) if one["path"] == "/auth/login"]
    assert other.get("/learn/api/log").status_code == 404


def test_watched_answer_carries_server_timing(alice: User, watching: BrowserClient) -> None:
    """The same durations for the browser's own tools, in the standard header."""
    answer = watching.sign_in(alice)

    assert re.search(
        r"total;dur=[\d.]+, .*credentials\.verification\.verify;dur=", answer["Server-Timing"]
    )


def test_answer_is_the_same_whether_watched_or_not(alice: User, watching: BrowserClient) -> None:
    """Observers change nothing but the two headers that are theirs."""
    other = BrowserClient()
    for client in (watching, other):
        client.sign_in(alice)

    seen, unseen = watching.get("/api/me"), other.get("/api/me")

    assert set(seen.json()) == set(unseen.json())
    assert set(seen.headers) - set(unseen.headers) == {"Server-Timing"}


def test_stop_forgets_everything(alice: User, watching: BrowserClient) -> None:
    """DELETE takes the notes and the cookie away."""
    watching.sign_in(alice)

    answer = watching.delete("/learn/api/watch")

    assert answer.cookies["__Host-Http-lab_bench"]["max-age"] == 0
    assert watching.get("/learn/api/log").status_code == 404


def test_stop_without_a_bench_changes_nothing(watching: BrowserClient) -> None:
    """Whoever has none may say so twice, and ends nobody else's."""
    other = BrowserClient()
    other.get("/auth/session")

    assert other.delete("/learn/api/watch").status_code == 204
    assert watching.get("/learn/api/log").status_code == 200


def test_log_without_a_bench_is_refused_as_the_app_refuses(lab_client: LabClient) -> None:
    """The lab's refusals have the app's shape."""
    assert lab_client.get("/learn/api/log")["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("joined", ["a=1; bb=22", "a=1;bb=22"], ids=["HTTP/1.1", "HTTP/2"])
def test_cookies_are_counted_however_they_were_joined(joined: str) -> None:
    """Over HTTP/2 each cookie is a header of its own, and servers put them together again."""
    found = redaction.received(RequestFactory().get("/", HTTP_COOKIE=joined))

    assert found["cookies"] == [{"name": "a", "length": 1}, {"name": "bb", "length": 2}]


def test_bearer_token_is_noted_as_present_and_not_shown() -> None:
    """That one came is a fact of the request; what it was could be used."""
    request = RequestFactory().get("/", HTTP_AUTHORIZATION="Bearer a.b.c")

    assert redaction.received(request)["headers"] == {"Authorization": "(present)"}
