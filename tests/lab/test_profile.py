"""The same code under other settings: nothing of one side is good on the other."""

import threading

import pytest

from accounts import conf, sessions, subjects, tokens
from accounts.errors import InvalidToken, SessionEnded
from accounts.tokens import key_store
from accounts.users.models import User
from accounts.web import cookies
from lab import profile
from tests.clients import BearerClient, BrowserClient
from tests.lab.clients import LabClient


def test_override_ends_with_its_context() -> None:
    """Inside the lab's settings count, before and after the usual ones."""
    usual = conf.conf.issuer

    with conf.override(profile.lab()):
        inside = (conf.conf.issuer, conf.conf.audience, conf.conf.access_seconds)

    assert inside == (f"{usual}/lab", "gatehouse-lab", 20)
    assert conf.conf.issuer == usual


def test_override_does_not_reach_other_threads() -> None:
    """A request of the app is never answered under the lab's settings, whatever runs beside it."""
    seen = []

    with conf.override(profile.lab()):
        thread = threading.Thread(target=lambda: seen.append(conf.conf.audience))
        thread.start()
        thread.join()

    assert seen == ["gatehouse-api"]


def test_lab_has_keys_of_its_own() -> None:
    """Made at random, in a file of their own, read by nobody else."""
    with conf.override(profile.lab()):
        lab = key_store.ring()

    assert set(lab.by_kid).isdisjoint(key_store.ring().by_kid)
    assert profile.lab()["SIGNING_KEYS_FILE"].stat().st_mode & 0o077 == 0


def test_lab_cookies_carry_the_mark() -> None:
    """Their names tell them from the app's."""
    with conf.override(profile.lab()):
        assert all("lab_" in name for name in cookies.names())
    assert not any("lab_" in name for name in cookies.names())


def test_lab_token_at_the_real_api_is_refused(
    lab_client: LabClient, api_client: BearerClient
) -> None:
    """Another key, another issuer, another audience."""
    lab_client.sign_in_alice()
    access = lab_client.cookies["__Host-Http-lab_access_token"].value
    refresh = lab_client.cookies["__Host-Http-lab_refresh_token"].value

    answer = api_client.get("/api/me", headers={"Authorization": f"Bearer {access}"})

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
    with pytest.raises(SessionEnded):
        sessions.rotate(refresh, client="web")


def test_real_token_at_the_lab_is_refused(
    alice: User, browser_client: BrowserClient, lab_client: LabClient
) -> None:
    """The other way round as well."""
    browser_client.sign_in(alice)
    access = browser_client.cookies["__Host-Http-access_token"].value

    answer = lab_client.get("/api/me", headers={"Authorization": f"Bearer {access}"})

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


def test_token_verified_under_one_profile_is_not_remembered_for_the_other(
    alice: User, browser_client: BrowserClient
) -> None:
    """The memory of verified tokens is no way around issuer and audience."""
    browser_client.sign_in(alice)
    access = browser_client.cookies["__Host-Http-access_token"].value
    tokens.verify_access(access)

    with conf.override(profile.lab()), pytest.raises(InvalidToken):
        tokens.verify_access(access)

    assert tokens.verify_access(access).sub == subjects.of(alice).sub


def test_revocation_feed_read_at_the_lab_looks_as_far_back_as_the_apps_tokens_live() -> None:
    """Both share one feed: reading it under a short life must not lose ended sessions."""
    with conf.override(profile.lab()):
        assert conf.conf.longest_access_seconds == 300


def test_session_ended_in_the_app_stays_ended_after_the_lab_read_the_feed(
    alice: User, browser_client: BrowserClient, api_client: BearerClient, lab_client: LabClient
) -> None:
    """A sign-out counts at once, and goes on counting."""
    browser_client.sign_in(alice)
    access = browser_client.cookies["__Host-Http-access_token"].value
    browser_client.post("/auth/logout")

    lab_client.sign_in_alice()
    lab_client.get("/api/me")
    answer = api_client.get("/api/me", headers={"Authorization": f"Bearer {access}"})

    assert answer.status_code == 401
