"""The hostile host that passes on what it is given: what it can reach, and what the site says."""

import pytest

from accounts.factors.models import Passkey, Totp
from accounts.models import Session
from tests.clients import AttackerClient
from tests.lab.clients import LabClient

RUN = "run-of-this-test"
HERE = "http://127.0.0.1"


@pytest.fixture
def server(db: None) -> AttackerClient:
    """The attacker's page at a hostile host."""
    client = AttackerClient()
    client.defaults["SERVER_NAME"] = "127.0.0.1"
    return client


def begin(client: LabClient, way: str) -> dict:
    client.watch()
    answer = client.post("/bank/phishing/start", {"run": RUN, "way": way})
    assert answer.status_code == 200, answer.text
    return answer.json()


def relay(server: AttackerClient, tag: str, **given: str):
    address = f"/phishing/relay?tag={tag}&run={RUN}"
    return server.post(address, given, headers={"Origin": HERE})


def test_passkey_of_another_page_is_refused_and_of_the_real_one_taken(
    lab_client: LabClient, server: AttackerClient
) -> None:
    """The same key each time. What differs is the address that it signed."""
    tag = begin(lab_client, "passkey")["tag"]

    steps = relay(server, tag, browser="SecurityError").json()["steps"]

    assert [(one["status"], one["cause"]) for one in steps] == [
        (401, "Invalid origin in CollectedClientData."),
        (401, "Invalid signature."),
        (200, ""),
    ]
    seen = lab_client.get(f"/learn/api/evidence?run={RUN}&kind=phishing").json()["entries"]
    assert [(one["steps"], one["browser"]) for one in seen] == [(steps, "SecurityError")]


@pytest.mark.parametrize("way", ["code", "passkey"])
def test_factor_lives_for_one_relay(
    lab_client: LabClient, server: AttackerClient, way: str
) -> None:
    """The other experiments of this bench know Alice by her password alone."""
    begun = begin(lab_client, way)
    assert not Totp.objects.exists()

    assert relay(server, begun["tag"], **begun["typed"]).status_code == 200

    assert not Totp.objects.exists()
    assert not Passkey.objects.exists()
    assert not Session.objects.filter(ended_at=None).exists()
    assert lab_client.sign_in_alice().status_code == 200


def test_relay_without_a_run_that_has_begun_does_nothing(
    lab_client: LabClient, other_lab_client: LabClient, server: AttackerClient
) -> None:
    """Nor with that of another bench."""
    begin(other_lab_client, "code")
    lab_client.watch()

    for given in ({"code": "123456"}, {"browser": "x"}):
        assert relay(server, lab_client.bench["tag"], **given).status_code == 404
    assert relay(server, "another", code="123456").status_code == 404


@pytest.mark.parametrize("host", ["localhost", "app.demo.localhost"])
def test_relay_is_on_hostile_hosts_only(lab_client: LabClient, host: str) -> None:
    """And what begins a run on the lab's alone."""
    tag = begin(lab_client, "code")["tag"]
    address = f"/phishing/relay?tag={tag}&run={RUN}"

    stranger = AttackerClient()

    assert stranger.post(address, {"code": "1"}, SERVER_NAME=host).status_code == 404
    assert stranger.get(f"/phishing?tag={tag}&way=code", SERVER_NAME=host).status_code == 404
    start = stranger.post("/bank/phishing/start", {"run": RUN}, SERVER_NAME="localhost")
    assert start.status_code == 404


def test_page_is_for_the_two_ways(lab_client: LabClient, server: AttackerClient) -> None:
    """Its address says nothing else."""
    tag = begin(lab_client, "code")["tag"]
    asked = f"/phishing?tag={tag}&run={RUN}&way="

    assert "Code from your authenticator app" in server.get(f"{asked}code").text
    assert "Confirm with your passkey" in server.get(f"{asked}passkey").text
    assert server.get(f"{asked}other").status_code == 400
    assert server.get(f"/phishing?tag=nobody&run={RUN}&way=code").status_code == 404
    wrong = lab_client.post("/bank/phishing/start", {"run": RUN, "way": "other"})
    assert wrong.status_code == 400
