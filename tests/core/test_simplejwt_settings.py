"""The project's SIMPLE_JWT, for views of its own, has no say in the tokens of this package."""

import json
import subprocess
import sys
from typing import Any

import pytest
from rest_framework_simplejwt.settings import DEFAULTS, IMPORT_STRINGS, APISettings

from accounts import sessions, subjects, tokens
from accounts.conf import conf
from accounts.tests.forge import contents
from accounts.tests.presenting import ACCESS as ACCESS_COOKIE
from accounts.tests.presenting import REFRESH as REFRESH_COOKIE
from accounts.tokens.claims import ACCESS, REFRESH
from accounts.users.models import User
from tests.clients import BearerClient, BrowserClient
from tests.core.odd_simplejwt import ODD


def test_every_setting_of_simplejwt_is_tried() -> None:
    """A new version may bring new ones."""
    assert set(ODD) == set(DEFAULTS)


@pytest.mark.parametrize("name", ODD)
def test_no_setting_of_simplejwt_changes_what_is_issued_or_accepted(
    browser_client: BrowserClient,
    api_client: BearerClient,
    alice: User,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    """Sign-in, API and refresh of pages and programs; a token from before stays good."""
    before = sessions.start(
        alice, evidence=sessions.BY_PASSWORD, client="web", remember=True
    ).access
    project = APISettings({name: ODD[name]}, DEFAULTS, IMPORT_STRINGS)
    for path, module in list(sys.modules.items()):
        if path.startswith("rest_framework_simplejwt.") and hasattr(module, "api_settings"):
            monkeypatch.setattr(module, "api_settings", project)

    assert browser_client.sign_in(alice).status_code == 200
    assert api_client.sign_in(alice).status_code == 200
    for client in (browser_client, api_client):
        assert client.get("/api/me").status_code == 200
    assert browser_client.post("/auth/refresh").status_code == 200
    assert api_client.refresh().status_code == 200
    assert tokens.verify_access(before).sub == subjects.of(alice).sub
    cookies = browser_client.cookies
    assert_usual(cookies[ACCESS_COOKIE].value, cookies[REFRESH_COOKIE].value)


def test_process_that_starts_with_odd_settings_of_simplejwt_issues_and_accepts_the_same(
    alice: User,
) -> None:
    """Some of them simplejwt reads but once, when it is imported."""
    ours = sessions.start(alice, evidence=sessions.BY_PASSWORD, client="web", remember=True).access
    command = [sys.executable, "-m", "tests.core.odd_simplejwt", str(conf.signing_keys_file)]

    done = subprocess.run(command, input=f"{ours}\n", capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    access, refresh = json.loads(done.stdout)
    assert_usual(access, refresh)
    tokens.verify_access(access)
    tokens.verify_refresh(refresh)


def assert_usual(access: str, refresh: str) -> None:
    """These are tokens as the contract has them, with no claim more or less."""
    for text, typ, claims in ((access, "at+jwt", ACCESS), (refresh, "rt+jwt", REFRESH)):
        head, payload = contents(text)
        assert (head["typ"], head["alg"], set(head)) == (typ, "ES256", {"typ", "alg", "kid"})
        assert {name: type(value) for name, value in payload.items()} == claims
    payload: dict[str, Any] = contents(access)[1]
    assert payload["exp"] - payload["iat"] == 300
    assert (payload["iss"], payload["aud"]) == ("http://localhost", "gatehouse-api")
