"""A signed-in person's own sessions: list, end one, end the others, step up."""

from datetime import timedelta

import pytest
from django.db.models import F

from .. import sessions
from ..models import Session
from .clients import BearerClient, BrowserClient

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"
STEP_UP = [
    ("POST", "/auth/logout-others"),
    ("DELETE", "/auth/sessions/x"),
]


def id_of(client: BrowserClient) -> str:
    return client.get("/auth/session").json()["session"]["id"]


def forget_password_entry() -> None:
    """Six minutes pass since the password was entered."""
    Session.objects.update(authenticated_at=F("authenticated_at") - timedelta(minutes=6))


@pytest.fixture
def phone(alice) -> BrowserClient:
    """Alice's other device."""
    client = BrowserClient(HTTP_USER_AGENT=FIREFOX)
    client.sign_in(alice)
    return client


def test_list_shows_each_device(browser_client, phone, alice):
    """The contract's members; the caller's own session is marked."""
    browser_client.sign_in(alice)

    body = browser_client.get("/auth/sessions").json()

    assert (body["count"], body["next"], body["previous"]) == (2, None, None)
    by_id = {row["id"]: row for row in body["results"]}
    own, other = by_id[id_of(browser_client)], by_id[id_of(phone)]
    contract = {
        "id", "current", "client", "device", "address", "created_at", "last_used_at", "ended_at",
        "end_reason",
    }  # fmt: skip
    assert contract <= set(own)
    assert (own["current"], other["current"]) == (True, False)
    assert (other["device"], other["address"], other["client"]) == (
        "Firefox on Linux",
        "127.0.0.1",
        "web",
    )
    assert (other["ended_at"], other["end_reason"]) == (None, None)


def test_times_are_utc_whatever_the_project_shows_its_people(browser_client, alice, settings):
    """RFC 3339 with Z, also where the project has a zone and a format of its own."""
    settings.TIME_ZONE = "Asia/Tokyo"
    theirs = getattr(settings, "REST_FRAMEWORK", {})
    settings.REST_FRAMEWORK = {**theirs, "DATETIME_FORMAT": "%d.%m.%Y"}
    browser_client.sign_in(alice)

    told = browser_client.get("/auth/sessions").json()["results"][0]["created_at"]

    assert told.startswith(Session.objects.get().created_at.strftime("%Y-%m-%dT%H"))
    assert told.endswith("Z")


def test_list_shows_nobody_elses(browser_client, phone, bob):
    """ASVS 8.2.2: another person's sessions do not exist."""
    browser_client.sign_in(bob)

    assert browser_client.get("/auth/sessions").json()["count"] == 1


def test_list_comes_in_pages_of_twenty(browser_client, alice):
    """Lists are all of one form."""
    for _ in range(21):
        sessions.start(alice, evidence=sessions.BY_PASSWORD, client="web", remember=False)
    browser_client.sign_in(alice)

    first = browser_client.get("/auth/sessions").json()
    second = browser_client.get("/auth/sessions?page=2").json()

    assert (first["count"], len(first["results"]), len(second["results"])) == (22, 20, 2)
    assert browser_client.get("/auth/sessions?page=3").status_code == 404


def test_ended_device_is_signed_out_at_once(browser_client, phone, alice):
    """ASVS 7.5.2: one click, and the other device's next request fails."""
    browser_client.sign_in(alice)
    ended = id_of(phone)

    response = browser_client.delete(f"/auth/sessions/{ended}")

    assert response.status_code == 204
    assert phone.get("/probe").status_code == 401
    assert phone.post("/auth/refresh").json()["code"] == "session_ended"
    assert browser_client.get("/probe").status_code == 200
    row = next(r for r in browser_client.get("/auth/sessions").json()["results"] if r["ended_at"])
    assert (row["id"], row["end_reason"]) == (ended, "ended_by_user")
    assert browser_client.delete(f"/auth/sessions/{ended}").status_code == 204


@pytest.mark.parametrize("path", ["{0}", "x", "%00", "%F0%9F%94%91", "a" * 500, "%20{0}", "{0}%0a"])
def test_session_of_nobody_or_another_not_found(browser_client, phone, bob, path):
    """ASVS 8.2.2: a foreign id and an impossible one are answered alike."""
    browser_client.sign_in(bob)

    response = browser_client.delete(f"/auth/sessions/{path.format(id_of(phone))}")

    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert phone.get("/probe").status_code == 200


def test_all_others_end_and_this_one_stays(browser_client, api_client, phone, alice, bob, happened):
    """Programs of the same person too; other people's not."""
    browser_client.sign_in(alice)
    api_client.sign_in(alice)
    other = BrowserClient()
    other.sign_in(bob)

    response = browser_client.post("/auth/logout-others")

    assert response.status_code == 204
    codes = [
        client.get("/probe").status_code for client in (phone, api_client, browser_client, other)
    ]
    assert codes == [401, 401, 200, 200]
    (event,) = happened.of("others_ended")
    assert event["detail"] == {"count": 2}


@pytest.mark.parametrize(("method", "path"), STEP_UP)
def test_password_entered_long_ago_not_enough(browser_client, alice, method, path):
    """ASVS 7.5.1 to 7.5.3: what a stolen moment must not do asks for the password again."""
    browser_client.sign_in(alice)
    forget_password_entry()

    response = browser_client.generic(method, path)

    assert (response.status_code, response.json()["code"]) == (403, "reauthentication_required")


def test_refresh_is_no_password_entry(browser_client, alice):
    """A session that lives on by itself does not step up."""
    browser_client.sign_in(alice)
    forget_password_entry()

    browser_client.post("/auth/refresh")

    assert browser_client.post("/auth/logout-others").status_code == 403


def test_password_again_opens_what_was_closed(browser_client, alice, happened):
    """The step-up stands in the session's row and answers as the session endpoint does."""
    browser_client.sign_in(alice)
    forget_password_entry()

    response = browser_client.post(
        "/auth/reauthenticate", {"password": "alice walks the long way home"}
    )

    assert response.status_code == 200
    assert response.json() == browser_client.get("/auth/session").json()
    assert browser_client.post("/auth/logout-others").status_code == 204
    assert len(happened.of("reauthenticated")) == 1


def test_step_up_of_one_device_does_not_help_another(browser_client, phone, alice):
    """The time belongs to the session, not to the person."""
    browser_client.sign_in(alice)
    forget_password_entry()
    phone.post("/auth/reauthenticate", {"password": "alice walks the long way home"})

    assert browser_client.post("/auth/logout-others").status_code == 403


def test_wrong_password_does_not_step_up(browser_client, alice, bob, happened):
    """401 `invalid_credentials`, for another person's password too; the session goes on."""
    browser_client.sign_in(alice)
    forget_password_entry()
    for password in ("wrong", "bob keeps bees on the roof"):
        response = browser_client.post("/auth/reauthenticate", {"password": password})
        assert (response.status_code, response.json()["code"]) == (401, "invalid_credentials")

    assert browser_client.post("/auth/logout-others").status_code == 403
    assert browser_client.get("/probe").status_code == 200
    assert [one["kind"] for one in happened] == ["signed_in"] + ["reauthentication_failed"] * 2


def test_bearer_may_do_the_same(alice):
    """ "Signed in" means either credential."""
    client = BearerClient()
    client.sign_in(alice)

    assert client.get("/auth/sessions").json()["results"][0]["client"] == "cli"
    assert client.post("/auth/logout-others").status_code == 204
