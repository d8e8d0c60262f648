"""POST /auth/refresh on the wire; the algorithm itself has tests of its own."""

from datetime import timedelta

from django.db import connection
from django.db.models import F

from .. import subjects
from ..models import Session
from .clients import BrowserClient
from .forge import contents
from .people import change_rights, shut_out
from .presenting import ACCESS, REFRESH, challenge_of


def later(seconds: int) -> None:
    """Let the last rotation lie back in time."""
    Session.objects.update(rotated_at=F("rotated_at") - timedelta(seconds=seconds))


def test_refresh_brings_new_tokens_of_the_same_session(browser_client, alice):
    """RFC 9700 section 4.14.2: new `jti`, next generation, same `sid`; the body as before."""
    browser_client.sign_in(alice)
    old = {name: contents(browser_client.cookies[name].value)[1] for name in (ACCESS, REFRESH)}
    later(60)

    response = browser_client.post("/auth/refresh")

    assert response.status_code == 200
    assert response.json() == browser_client.get("/auth/session").json()
    for name in (ACCESS, REFRESH):
        new = contents(browser_client.cookies[name].value)[1]
        assert (new["sid"], new["gen"]) == (old[name]["sid"], old[name]["gen"] + 1)
        assert new["jti"] != old[name]["jti"]


def test_refresh_without_a_cookie_says_so(browser_client, alice):
    """401 `no_refresh_token`, no token was sent, nothing happens."""
    browser_client.sign_in(alice)
    refresh = browser_client.cookies.pop(REFRESH).value

    for path in ("/auth/refresh", f"/auth/refresh?refresh={refresh}"):
        response = browser_client.post(path)
        assert (response.status_code, response.json()["code"]) == (401, "no_refresh_token")
        assert challenge_of(response) == 'Bearer realm="gatehouse"'
        assert not response.cookies


def test_refresh_token_in_the_body_ignored(browser_client, alice):
    """ASVS 15.3.7: a browser's refresh token comes in its cookie or not at all."""
    browser_client.sign_in(alice)
    refresh = browser_client.cookies.pop(REFRESH).value

    response = browser_client.post("/auth/refresh", {"refresh_token": refresh})

    assert (response.status_code, response.json()["code"]) == (401, "no_refresh_token")


def test_refresh_works_without_an_access_token(browser_client, alice):
    """That is what it is for: the access token has expired."""
    browser_client.sign_in(alice)
    browser_client.cookies[ACCESS] = "expired"

    assert browser_client.post("/auth/refresh").status_code == 200
    assert browser_client.get("/probe").status_code == 200


def test_reused_refresh_token_ends_the_session_for_both(browser_client, alice):
    """RFC 9700 section 4.14.2: a replay ends the newest tokens too."""
    browser_client.sign_in(alice)
    stolen = browser_client.cookies[REFRESH].value
    for _ in range(2):
        later(60)
        browser_client.post("/auth/refresh")
    assert browser_client.get("/probe").status_code == 200

    thief = BrowserClient()
    thief.get("/auth/session")
    thief.cookies[REFRESH] = stolen
    response = thief.post("/auth/refresh")

    assert (response.status_code, response.json()["code"]) == (401, "session_ended")
    assert browser_client.get("/probe").status_code == 401
    assert browser_client.post("/auth/refresh").json()["code"] == "session_ended"
    assert Session.objects.get().end_reason == "reuse_detected"


def test_end_by_reuse_survives_a_rollback(transactional_db, browser_client, alice):
    """With ATOMIC_REQUESTS DRF rolls back what an exception follows; not this."""
    browser_client.sign_in(alice)
    stolen = browser_client.cookies[REFRESH].value
    for _ in range(2):
        later(60)
        browser_client.post("/auth/refresh")
    browser_client.cookies[REFRESH] = stolen
    connection.settings_dict["ATOMIC_REQUESTS"] = True
    try:
        assert browser_client.post("/auth/refresh").status_code == 401
    finally:
        connection.settings_dict["ATOMIC_REQUESTS"] = False

    assert Session.objects.get().ended_at is not None


def test_refresh_of_a_deactivated_user_refused(browser_client, alice):
    """Tokens are issued for active users only, at every door."""
    browser_client.sign_in(alice)
    shut_out(alice)

    assert browser_client.post("/auth/refresh").json()["code"] == "session_ended"


def test_refresh_of_a_deleted_user_refused(browser_client, alice):
    """Gone is 401, neither 404 nor 500 (simplejwt issue 861)."""
    browser_client.sign_in(alice)
    alice.delete()

    assert browser_client.post("/auth/refresh").json()["code"] == "session_ended"


def test_claims_are_read_afresh(browser_client, alice):
    """ASVS 8.3.2: nothing that can change is copied from the old token."""
    browser_client.sign_in(alice)
    change_rights(alice)

    browser_client.post("/auth/refresh")

    claims = contents(browser_client.cookies[ACCESS].value)[1]
    assert (claims["ver"], claims["scope"]) == (2, " ".join(subjects.scopes_of(alice, acr="1")))


def test_bearer_beside_the_cookie_changes_nothing(browser_client, alice):
    """The row is marked browser: the Authorization header is not looked at."""
    browser_client.sign_in(alice)
    del browser_client.cookies[ACCESS]

    response = browser_client.post("/auth/refresh", headers={"Authorization": "Bearer x"})

    assert response.status_code == 200
