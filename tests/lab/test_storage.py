"""Five places for a token: what each sign-in hands out, and what the thief's server keeps."""

from datetime import timedelta

import pytest
from django.db.models import F

from accounts.models import Session
from lab.models import Bench, Held
from tests.clients import AttackerClient, BearerClient
from tests.lab.clients import LabClient

RUN = "run-of-this-test"
THIEF = "127.0.0.1"


@pytest.fixture
def thief(db: None) -> AttackerClient:
    client = AttackerClient()
    client.defaults["SERVER_NAME"] = THIEF
    return client


def sign_in(client: LabClient, place: str) -> dict:
    if not client.bench:
        client.watch()
    answer = client.post("/bank/storage/sign-in", {"place": place})
    assert answer.status_code == 200
    return answer.json()


def send_loot(thief: AttackerClient, tag: str, token: str) -> int:
    path = f"/loot?tag={tag}&run={RUN}&via=fetch"
    return thief.generic("POST", path, token, content_type="text/plain").status_code


@pytest.mark.parametrize("place", ["local", "session", "memory"])
def test_place_that_script_fills_gets_its_token_in_the_body(
    lab_client: LabClient, place: str
) -> None:
    """And no readable cookie; the lab's bank takes the token as Bearer."""
    token = sign_in(lab_client, place)["access_token"]

    answer = lab_client.get("/bank/account", headers={"Authorization": f"Bearer {token}"})

    assert answer.json() == {"balance": 100}
    assert "lab_token" not in lab_client.cookies


@pytest.mark.parametrize(
    ("place", "name", "httponly"),
    [
        ("readable", "lab_token", False),
        ("httponly", "__Host-Http-lab_access_token", True),
        ("memory", "__Host-Http-lab_refresh_for_memory", True),
    ],
)
def test_place_that_is_a_cookie_has_the_attributes_it_is_there_for(
    lab_client: LabClient, place: str, name: str, httponly: bool
) -> None:
    """The readable one has no HttpOnly and no SameSite, the others have both."""
    sign_in(lab_client, place)

    cookie = lab_client.cookies[name]

    assert bool(cookie["httponly"]) is httponly
    assert cookie["samesite"] == ("Strict" if httponly else "")
    assert 0 < int(cookie["max-age"]) <= 3600


def test_refresh_of_the_memory_place_gives_any_script_a_token(lab_client: LabClient) -> None:
    """The endpoint cannot tell the page's script from another."""
    sign_in(lab_client, "memory")

    assert "access_token" in lab_client.post("/bank/storage/refresh").json()


def test_httponly_place_is_ridden_and_never_read(lab_client: LabClient) -> None:
    """A request of the page pays; no body holds a token."""
    assert sign_in(lab_client, "httponly") == {}

    assert lab_client.post("/bank/account").json() == {"balance": 99}


def test_signing_in_again_ends_the_session_before(lab_client: LabClient) -> None:
    """One live session a bench, and a full purse."""
    sign_in(lab_client, "httponly")
    lab_client.post("/bank/account")
    sign_in(lab_client, "httponly")

    assert Session.objects.filter(ended_at=None).count() == 1
    assert lab_client.get("/bank/account").json() == {"balance": 100}


def test_loot_is_kept_and_shown_without_what_could_be_used(
    lab_client: LabClient, thief: AttackerClient
) -> None:
    """The victim's page learns that it arrived; neither page shows the signature."""
    token = sign_in(lab_client, "local")["access_token"]
    tag = lab_client.bench["tag"]

    assert send_loot(thief, tag, token) == 204

    seen = lab_client.get(f"/learn/api/evidence?run={RUN}&kind=storage").text
    desk = thief.get(f"/thief?tag={tag}&run={RUN}").text
    assert '"via":"fetch"' in seen
    assert "Loot: 1 token" in desk
    for text in (seen, desk):
        assert token.rpartition(".")[2] not in text


def test_loot_sink_drops_whatever_is_no_lab_token(
    alice, lab_client: LabClient, thief: AttackerClient
) -> None:
    """A real token, a password, nothing at all: not kept, not noted."""
    real = BearerClient()
    real.sign_in(alice)
    assert real.tokens
    tag = lab_client.watch()["tag"]

    for text in (real.tokens["access_token"], real.tokens["refresh_token"], "secret", ""):
        assert send_loot(thief, tag, text) == 204

    assert Held.objects.count() == 0
    assert Bench.objects.get(tag=tag).entries.filter(kind="storage").count() == 0


def test_loot_is_forgotten_after_ten_minutes(lab_client: LabClient, thief: AttackerClient) -> None:
    """The thief's desk is no store of tokens, not even of the lab's."""
    token = sign_in(lab_client, "local")["access_token"]
    tag = lab_client.bench["tag"]
    send_loot(thief, tag, token)

    Held.objects.update(at=F("at") - timedelta(minutes=11))

    assert "No loot" in thief.get(f"/thief?tag={tag}&run={RUN}").text


def test_loot_sink_refuses_a_flood(lab_client: LabClient, thief: AttackerClient) -> None:
    """Nothing larger than a token is read."""
    assert send_loot(thief, lab_client.watch()["tag"], "x" * 5000) == 413


def test_one_browsers_evidence_is_not_anothers(
    lab_client: LabClient, other_lab_client: LabClient, thief: AttackerClient
) -> None:
    """The same run's name at another bench shows nothing."""
    token = sign_in(lab_client, "local")["access_token"]
    send_loot(thief, lab_client.bench["tag"], token)
    other_lab_client.watch()

    found = other_lab_client.get(f"/learn/api/evidence?run={RUN}&kind=storage").json()

    assert found == {"entries": [], "balance": 100}


def test_probe_notes_which_token_cookies_came(lab_client: LabClient) -> None:
    """And sends the tab back to the thief's page."""
    sign_in(lab_client, "readable")
    tag = lab_client.bench["tag"]

    answer = lab_client.post(f"/bank/storage/probe?tag={tag}&run={RUN}")

    assert answer.status_code == 303
    assert answer["Location"].startswith("http://127.0.0.1/thief?")
    [entry] = lab_client.get(f"/learn/api/evidence?run={RUN}&kind=storage").json()["entries"]
    assert entry["cookies"] == ["lab_token"]


@pytest.mark.parametrize("switches", ["csp=0&tt=0", "csp=1&tt=0", "csp=0&tt=1", "csp=1&tt=1"])
def test_victims_policy_follows_the_switches(lab_client: LabClient, switches: str) -> None:
    """Each switch sets its own directives and no other."""
    policy = lab_client.get(f"/storage/victim?run={RUN}&{switches}")["Content-Security-Policy"]

    assert ("connect-src 'self'" in policy) is ("csp=1" in switches)
    assert ("img-src 'self' data:" in policy) is ("csp=1" in switches)
    assert ("require-trusted-types-for" in policy) is ("tt=1" in switches)
    assert "script-src 'self';" in policy


@pytest.mark.parametrize("path", ["/thief", "/loot", "/cross-site"])
def test_hostile_page_is_answered_on_hostile_hosts_only(
    browser_client, lab_client: LabClient, thief: AttackerClient, path: str
) -> None:
    """Neither the app nor the lab's own site serves an attacker's page."""
    query = f"?tag={lab_client.watch()['tag']}&run={RUN}&from=other"

    assert browser_client.get(path + query).status_code == 404
    assert lab_client.get(path + query).status_code == 404
    assert thief.get(path + query).status_code in (200, 204)
    assert thief.get("/bank/account").status_code == 404
