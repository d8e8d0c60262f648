"""The lab's bank: by which of three ways it knows its customer, and what each way asks for."""

import pytest

from lab.models import Bench
from tests.lab.clients import LabClient

FROM_ELSEWHERE = {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1"}


@pytest.fixture
def readable(lab_client: LabClient) -> LabClient:
    """A browser whose token stands in a cookie that script can read."""
    lab_client.watch()
    lab_client.post("/bank/storage/sign-in", {"place": "readable"})
    return lab_client


def test_readable_cookie_pays_for_the_page_that_owns_it(readable: LabClient) -> None:
    """The way in that should not exist is one all the same."""
    assert readable.post("/bank/account").json() == {"balance": 99}
    assert readable.get("/bank/account").json() == {"balance": 99}


def test_readable_cookie_on_a_forged_request_pays_nothing(readable: LabClient) -> None:
    """A browser sends it by itself, so it asks for the defence that every cookie asks for."""
    answer = readable.post("/bank/account", headers=FROM_ELSEWHERE)

    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")
    assert readable.get("/bank/account").json() == {"balance": 100}


def test_bearer_token_beside_the_readable_cookie_is_the_one_that_counts(
    readable: LabClient,
) -> None:
    """What a program sends on purpose is judged, and not what its browser adds."""
    answer = readable.get("/bank/account", headers={"Authorization": "Bearer a.b.c"})

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


def test_stolen_readable_cookie_pays_the_thief_as_bearer(
    readable: LabClient, other_lab_client: LabClient
) -> None:
    """Elsewhere, without the cookie, the browser and the page: the copy is enough."""
    loot = readable.cookies["lab_token"].value

    answer = other_lab_client.post("/bank/account", headers={"Authorization": f"Bearer {loot}"})

    assert answer.json() == {"balance": 99}


def test_person_without_a_bench_has_no_account(readable: LabClient) -> None:
    """Between the token's check and the answer her bench may come to its end."""
    Bench.objects.all().delete()

    answer = readable.post("/bank/account")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
