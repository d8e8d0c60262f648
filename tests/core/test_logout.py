"""POST /auth/logout: the session ends on the server first, in the browser second."""

import time

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from accounts.audit.models import SecurityEvent
from accounts.models import Session
from tests.clients import BrowserClient
from tests.core import forge
from tests.core.presenting import ACCESS, REFRESH, assert_refused


def test_sign_out_ends_both_tokens_at_once(browser_client, alice):
    """ASVS 7.4.1: neither the access token nor the refresh token works afterwards."""
    browser_client.sign_in(alice)
    access, refresh = (browser_client.cookies[name].value for name in (ACCESS, REFRESH))

    response = browser_client.post("/auth/logout")

    assert (response.status_code, response.content) == (204, b"")
    assert_refused(access)
    browser_client.cookies[REFRESH] = refresh
    assert browser_client.post("/auth/refresh").json()["code"] == "session_ended"


def test_sign_out_clears_storage_and_not_the_domains_cookies(browser_client, alice):
    """Clear-Site-Data "cookies" would sign out of every host of the registrable domain."""
    browser_client.sign_in(alice)

    assert browser_client.post("/auth/logout")["Clear-Site-Data"] == '"storage"'


@pytest.mark.parametrize("kept", [[ACCESS], [REFRESH], []])
def test_sign_out_with_part_of_the_cookies_works(browser_client, alice, kept):
    """ASVS 7.4.1: either cookie names the session; without one there is nothing to end."""
    browser_client.sign_in(alice)
    for name in {ACCESS, REFRESH} - set(kept):
        del browser_client.cookies[name]

    assert browser_client.post("/auth/logout").status_code == 204
    assert (Session.objects.get().ended_at is not None) == bool(kept)


@pytest.mark.parametrize("name", [ACCESS, REFRESH])
def test_sign_out_with_an_expired_token_ends_its_session(browser_client, alice, name):
    """The browser may have slept: an authentic token names its session at any age."""
    browser_client.sign_in(alice)
    expired = forge.altered(browser_client.cookies[name].value, exp=int(time.time()) - 10**6)
    for other in (ACCESS, REFRESH):
        del browser_client.cookies[other]
    browser_client.cookies[name] = expired

    assert browser_client.post("/auth/logout").status_code == 204
    assert Session.objects.get().end_reason == "signed_out"


def test_sign_out_with_two_sessions_ends_both(browser_client, alice):
    """Every session that an authentic cookie names, be it one in each."""
    browser_client.sign_in(alice)
    other = BrowserClient()
    other.sign_in(alice)
    browser_client.cookies[REFRESH] = other.cookies[REFRESH].value

    browser_client.post("/auth/logout")

    assert list(Session.objects.values_list("end_reason", flat=True)) == ["signed_out"] * 2
    assert SecurityEvent.objects.filter(kind="signed_out").count() == 2


def test_sign_out_twice_is_no_failure(browser_client, alice):
    """Idempotent: the second changes nothing and says the same."""
    browser_client.sign_in(alice)
    cookies = {name: cookie.value for name, cookie in browser_client.cookies.items()}
    first = browser_client.post("/auth/logout")
    ended_at = Session.objects.get().ended_at
    for name in (ACCESS, REFRESH):
        browser_client.cookies[name] = cookies[name]

    second = browser_client.post("/auth/logout")

    assert (first.status_code, second.status_code) == (204, 204)
    assert Session.objects.get().ended_at == ended_at
    assert SecurityEvent.objects.filter(kind="signed_out").count() == 1


@pytest.mark.django_db(transaction=True)
def test_sign_out_that_cannot_be_told_ends_nothing_and_can_be_repeated(
    browser_client, alice, settings, tmp_path
):
    """The counter cannot be written: 503, cookies and session as before; then it works."""
    browser_client.sign_in(alice)
    working = settings.GATEHOUSE
    settings.GATEHOUSE = working | {"DATA_DIR": tmp_path / "gone"}

    failed = browser_client.post("/auth/logout")

    assert (failed.status_code, failed.json()["code"]) == (503, "unavailable")
    assert not failed.cookies
    assert Session.objects.get().ended_at is None
    settings.GATEHOUSE = working
    assert browser_client.post("/auth/logout").status_code == 204
    assert Session.objects.get().end_reason == "signed_out"
    assert SecurityEvent.objects.filter(kind="signed_out").count() == 1


def test_sign_out_with_forged_or_foreign_tokens_ends_nothing(browser_client, api_client, alice):
    """Only an authentic token of a browser's session counts here."""
    browser_client.sign_in(alice)
    api_client.sign_in(alice)
    attacker = BrowserClient()
    attacker.get("/auth/session")
    attacker.cookies[ACCESS] = browser_client.cookies[ACCESS].value[:-4] + "AAAA"
    attacker.cookies[REFRESH] = api_client.tokens["refresh_token"]

    assert attacker.post("/auth/logout").status_code == 204
    assert not Session.objects.exclude(ended_at=None).exists()


def by_another_key(text: str, **changes: str) -> str:
    """The token with a key that this server does not have."""
    head, payload = forge.contents(text)
    key = ec.generate_private_key(ec.SECP256R1())
    return forge.signed({**head, "kid": "k" * 43}, payload | changes, key)


ANOTHERS = {
    "its own keys": lambda text: by_another_key(text, iss="http://localhost:8001"),
    "a copy of our keys": lambda text: forge.altered(text, iss="http://localhost:8001"),
}
NOBODYS = {
    "garbage": lambda text: "garbage",
    "three segments": lambda text: "a.b.c",
    "a broken signature": lambda text: text[:-4] + "AAAA",
    "a key that was dropped": lambda text: by_another_key(text),
    "no issuer": lambda text: forge.altered(text, iss=...),
    "an issuer that is no text": lambda text: forge.altered(text, iss=7),
    "claims that are no object": lambda text: forge.signed(forge.header(), "[]"),
    "another kind of token": lambda text: forge.signed(
        forge.header("JWT"), {"iss": "http://localhost:8001"}
    ),
    "its time over": lambda text: forge.altered(text, exp=int(time.time()) - 10**6),
}


@pytest.mark.parametrize("change", ANOTHERS.values(), ids=ANOTHERS)
@pytest.mark.parametrize("names", [[ACCESS], [REFRESH], [ACCESS, REFRESH]])
def test_sign_out_leaves_the_cookies_of_another_server_of_this_host(
    browser_client, alice, names, change
):
    """Two copies at two ports share a jar: signing out of one must not sign out of the other."""
    browser_client.sign_in(alice)
    for name in names:
        browser_client.cookies[name] = change(browser_client.cookies[name].value)

    response = browser_client.post("/auth/logout")

    assert response.status_code == 204
    assert {ACCESS, REFRESH} - set(response.cookies) == set(names)
    assert Session.objects.filter(ended_at=None).exists() == (len(names) == 2)


@pytest.mark.parametrize("change", NOBODYS.values(), ids=NOBODYS)
def test_sign_out_deletes_cookies_that_are_ours_or_nobodys(browser_client, alice, change):
    """Whatever no other server could read as its own is not left in the jar."""
    browser_client.sign_in(alice)
    for name in (ACCESS, REFRESH):
        browser_client.cookies[name] = change(browser_client.cookies[name].value)

    response = browser_client.post("/auth/logout")

    assert {name: response.cookies[name]["max-age"] for name in (ACCESS, REFRESH)} == {
        ACCESS: 0,
        REFRESH: 0,
    }


def test_sign_out_by_bearer_ends_nothing(browser_client, api_client, alice):
    """The row is marked browser: the Authorization header is not looked at."""
    api_client.sign_in(alice)
    browser_client.get("/auth/session")
    bearer = f"Bearer {api_client.tokens['access_token']}"

    assert browser_client.post("/auth/logout", headers={"Authorization": bearer}).status_code == 204
    assert api_client.get("/api/me").status_code == 200
