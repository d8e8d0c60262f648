"""What a run belongs to: a tag, a name and a session that exist, or there is no run."""

import pytest

from lab import jar
from lab.models import Bench, Entry, Held
from tests.clients import AttackerClient, BrowserClient
from tests.lab.clients import LAB, LabClient

RUN = "run-of-this-test"
THIEF = "127.0.0.1"

# Whatever names its victim in the address, and is called by somebody who is not that victim.
BY_TAG = [
    ("GET", LAB, "/bank/transfer"),
    ("POST", LAB, "/bank/transfer"),
    ("POST", LAB, "/bank/storage/probe"),
    ("GET", THIEF, "/loot"),
    ("POST", THIEF, "/loot"),
    ("GET", THIEF, "/thief"),
    ("POST", THIEF, "/thief/use"),
    ("GET", THIEF, "/cross-site"),
]


@pytest.mark.parametrize(("method", "host", "path"), BY_TAG)
def test_unknown_victim_is_refused_and_nothing_is_noted(
    lab_client: LabClient, mallory: AttackerClient, method: str, host: str, path: str
) -> None:
    """An address with a made-up tag leads to no bench, and certainly to no other one."""
    lab_client.watch()

    answer = mallory.generic(
        method, f"{path}?tag=nobody&run={RUN}&via=form&from=other", "x", SERVER_NAME=host
    )

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert not Entry.objects.exclude(kind="request").exists()
    assert not Held.objects.exists()


@pytest.mark.parametrize(("method", "host", "path"), BY_TAG)
@pytest.mark.parametrize("run", ["", "short", "x" * 33, "<b>run</b>"])
def test_run_without_the_form_of_one_is_refused(
    lab_client: LabClient, mallory: AttackerClient, method: str, host: str, path: str, run: str
) -> None:
    """Its name is shown on pages and put into addresses, so it is letters and digits."""
    tag = lab_client.watch()["tag"]

    answer = mallory.generic(
        method, f"{path}?tag={tag}&run={run}&via=form&from=other", "x", SERVER_NAME=host
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


@pytest.mark.parametrize("run", [None, 12345678, ["run-of-this-test"]])
def test_run_that_is_no_text_is_refused(lab_client: LabClient, run: object) -> None:
    """JSON has other types, and none of them names a run."""
    lab_client.watch()

    answer = lab_client.post("/bank/cross/start", {"run": run})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert not answer.cookies


@pytest.mark.parametrize("whence", ["", "own", "http://127.0.0.1"])
def test_attackers_page_that_sits_nowhere_is_refused(
    lab_client: LabClient, mallory: AttackerClient, whence: str
) -> None:
    """It says from which of the attackers' places it acts; the evidence is told apart by that."""
    tag = lab_client.watch()["tag"]
    path = f"/cross-site?tag={tag}&run={RUN}&from="

    assert mallory.get(f"{path}{whence}", SERVER_NAME=THIEF).status_code == 400
    assert mallory.get(f"{path}other", SERVER_NAME=THIEF).status_code == 200


def test_bench_without_a_person_has_nobody_to_sign_in(
    browser_client: BrowserClient, lab_client: LabClient
) -> None:
    """One that was opened on the app's host is for one's own session; carried over, it is empty."""
    browser_client.get("/auth/session")
    browser_client.post("/learn/api/watch")
    lab_client.get("/auth/session")
    lab_client.cookies[jar.BENCH] = browser_client.cookies[jar.BENCH].value

    answers = [
        lab_client.post("/bank/storage/sign-in", {"place": "httponly"}),
        lab_client.post("/bank/refresh/start", {"run": RUN}),
    ]

    assert Bench.objects.count() == 1
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert not answer.cookies


def test_step_of_a_run_that_was_not_started_is_not_found(lab_client: LabClient) -> None:
    """There is no session whose row could be shown, and no other run's is taken for it."""
    lab_client.watch()
    lab_client.post("/bank/refresh/start", {"run": "another-run"})

    answer = lab_client.post("/bank/refresh/end", {"run": RUN})

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_refresh_of_the_memory_place_without_its_cookie_is_refused(lab_client: LabClient) -> None:
    """A sign-in to another place leaves no refresh token for that of the memory."""
    lab_client.watch()
    lab_client.post("/bank/storage/sign-in", {"place": "httponly"})

    answer = lab_client.post("/bank/storage/refresh")

    assert (answer.status_code, answer.json()["code"]) == (401, "no_refresh_token")
    assert "access_token" not in answer.json()
