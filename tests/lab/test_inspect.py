"""The inspector shows what a token says, and lets nothing out that is one."""

import json

import pytest

from accounts import sessions, subjects
from accounts.models import Session
from accounts.users.models import User
from tests.clients import BrowserClient
from tests.lab.clients import LabClient

ACCESS, REFRESH = "__Host-Http-access_token", "__Host-Http-refresh_token"


def test_own_cookies_are_decoded_and_verified_without_their_signature(
    alice: User, browser_client: BrowserClient
) -> None:
    """Header, claims and checks go out; the signature and the session's key stay."""
    browser_client.sign_in(alice)

    answer = browser_client.get("/learn/api/inspect")

    found = answer.json()
    assert found["access"]["decode"]["claims"]["sub"] == subjects.of(alice).sub
    assert found["access"]["verify"]["good"] is True
    assert found["refresh"]["decode"]["claims"]["key"] == "(the session's secret, not shown)"
    assert {one["name"] for one in found["access"]["cookie"]["attributes"]} >= {
        "HttpOnly",
        "Secure",
        "SameSite=Strict",
    }
    for name in (ACCESS, REFRESH):
        token = browser_client.cookies[name].value
        for segment in token.split("."):
            assert segment not in answer.text


def test_without_cookies_there_is_nothing_to_inspect(browser_client: BrowserClient) -> None:
    """Nobody signed in: both are null."""
    found = browser_client.get("/learn/api/inspect").json()

    assert (found["access"], found["refresh"]) == (None, None)


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "eyJ9.eyJ9.", "é" * 10])
def test_broken_cookie_is_described_not_an_error(browser_client: BrowserClient, text: str) -> None:
    """A debugger shows as much of broken input as it can."""
    browser_client.cookies[ACCESS] = text

    answer = browser_client.get("/learn/api/inspect")

    assert answer.status_code == 200
    if answer.json()["access"] is not None:
        assert answer.json()["access"]["verify"]["good"] is False


def test_forged_cookie_learns_no_cause(alice: User, browser_client: BrowserClient) -> None:
    """Whatever is wrong with a token that is not ours is told in one sentence."""
    browser_client.sign_in(alice)
    header, claims, signature = browser_client.cookies[ACCESS].value.split(".")
    causes = set()
    for forged in (f"{header}.{claims}.{signature[:-4]}AAAA", f"{header}.e30.{signature}", "x.y.z"):
        browser_client.cookies[ACCESS] = forged
        causes.add(browser_client.get("/learn/api/inspect").json()["access"]["verify"]["cause"])

    assert causes == {"not a token of ours for here"}


def test_expired_cookie_is_called_expired(lab_client: LabClient) -> None:
    """Only an authentic token gets that far."""
    lab_client.sign_in_alice()
    lab_client.post("/lab/expire")

    found = lab_client.get("/learn/api/inspect").json()

    assert found["access"]["verify"]["cause"] == "its time (exp) is over"


def test_cookies_of_an_ended_session_are_authentic_and_refused(
    alice: User, browser_client: BrowserClient
) -> None:
    """What the API would say, and why: the tokens are right, the session behind them is over."""
    browser_client.sign_in(alice)
    sessions.end(Session.objects.filter(user=alice), "ended_by_user")

    found = browser_client.get("/learn/api/inspect").json()

    for kind in ("access", "refresh"):
        assert found[kind]["verify"]["good"] is False
        assert "ended" in found[kind]["verify"]["cause"]
        assert found[kind]["decode"]["claims"]["sub"] == subjects.of(alice).sub


def test_no_page_or_endpoint_of_the_lab_echoes_a_real_token(
    alice: User, browser_client: BrowserClient
) -> None:
    """Everything that the lab serves on the app's host, asked for with a live session."""
    from lab.urls import urlpatterns

    browser_client.sign_in(alice)
    browser_client.post("/learn/api/watch")
    live = [browser_client.cookies[name].value for name in (ACCESS, REFRESH)]

    for pattern in urlpatterns:
        for answer in (
            browser_client.get(f"/{pattern.pattern}"),
            browser_client.post(f"/{pattern.pattern}"),
        ):
            told = answer.content.decode() + json.dumps(dict(answer.headers))
            for token in live:
                assert token not in told
                assert token.rpartition(".")[2] not in told
