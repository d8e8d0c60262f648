"""The seven tills: which of them a request opens, by its cookies and its headers."""

import re

import pytest
from django.test import override_settings

from lab import addresses, tills
from tests.lab.clients import LabClient

RUN = "run-of-this-test"


@pytest.fixture
def bank(lab_client: LabClient) -> LabClient:
    """A browser that is signed in at the tills."""
    lab_client.watch()
    assert lab_client.post("/bank/cross/start", {"run": RUN}).status_code == 200
    return lab_client


def paid(client: LabClient, **headers: str | None) -> set[str]:
    """The tills that a form post with these headers opens."""
    tag = client.bench["tag"]
    path = f"/bank/transfer?tag={tag}&run={RUN}&from=other&via=form"
    assert client.post(path, headers=headers).status_code == 204
    entries = client.get(f"/learn/api/evidence?run={RUN}&kind=cross-site").json()["entries"]
    return {till for till, refusal in entries[-1]["tills"].items() if not refusal}


def test_own_page_is_paid_by_every_till(bank: LabClient) -> None:
    """What the tills are there for still works under each defence."""
    assert paid(bank, **{"X-Lab-Bank": "1"}) == set(tills.TILLS)


def test_sibling_with_every_cookie_opens_what_relies_on_them(bank: LabClient) -> None:
    """SameSite alone is no defence against the same site."""
    attack = {
        "Sec-Fetch-Site": "same-site",
        "Origin": "http://evil.demo.localhost",
        "X-CSRFToken": None,
    }

    assert paid(bank, **attack) == {"none", "lax", "strict"}


def test_other_site_opens_what_its_cookies_open(bank: LabClient) -> None:
    """Without the Strict and Lax cookies only the careless till pays."""
    for name in ("lab_strict", "lab_lax", "__Host-Http-lab_till"):
        del bank.cookies[name]
    attack = {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1", "X-CSRFToken": None}

    assert paid(bank, **attack) == {"none"}


@pytest.mark.parametrize(
    ("headers", "shut"),
    [
        ({"X-Lab-Bank": "1", "Sec-Fetch-Site": "same-site"}, {"metadata", "all"}),
        ({"X-Lab-Bank": "1", "Origin": "http://evil.demo.localhost"}, {"metadata", "all"}),
        ({"X-Lab-Bank": "1", "X-CSRFToken": None}, {"token", "all"}),
        ({"X-Lab-Bank": None}, {"header"}),
    ],
)
def test_defence_shuts_its_own_till_and_the_one_with_all(
    bank: LabClient, headers: dict[str, str | None], shut: set[str]
) -> None:
    """Each check looks at one thing alone."""
    assert paid(bank, **headers) == set(tills.TILLS) - shut


def test_preflight_is_noted_and_pays_nothing(bank: LabClient) -> None:
    """The bank answers no CORS header, so the request itself never comes."""
    path = f"/bank/transfer?tag={bank.bench['tag']}&run={RUN}&from=other&via=json"

    answer = bank.generic("OPTIONS", path)

    assert answer.status_code == 204
    assert not [name for name in answer.headers if name.startswith("Access-Control")]
    [entry] = bank.get(f"/learn/api/evidence?run={RUN}&kind=cross-site").json()["entries"]
    assert entry["tills"] == {}


def test_cookies_of_another_run_open_nothing(bank: LabClient) -> None:
    """A sign-in counts for its own run and bench."""
    path = f"/bank/transfer?tag={bank.bench['tag']}&run=another-run&from=other&via=form"
    bank.post(path)

    [entry] = bank.get("/learn/api/evidence?run=another-run&kind=cross-site").json()["entries"]
    assert entry["cookies"] == []
    assert all(entry["tills"].values())


def test_tab_is_sent_back_to_a_host_of_ours_only(bank: LabClient) -> None:
    """The way back comes from the settings; nothing in the address can change it."""
    path = (
        f"/bank/transfer?tag={bank.bench['tag']}&run={RUN}&from=sibling&via=link&todo=form&back=//x"
    )

    answer = bank.get(path, headers={"Sec-Fetch-Dest": "document"})

    assert answer.status_code == 303
    assert answer["Location"].startswith("http://evil.demo.localhost/cross-site?")
    assert "//x" not in answer["Location"]


@pytest.mark.parametrize(
    "query", ["from=2&via=form", "from=0&via=form", "from=other&via=x", "from=&via=form"]
)
def test_unknown_way_or_origin_is_refused(bank: LabClient, query: str) -> None:
    """Only what the experiment sends is taken."""
    path = f"/bank/transfer?tag={bank.bench['tag']}&run={RUN}&{query}"

    assert bank.post(path).status_code == 400


def test_purses_are_the_banks_own_and_refund_the_owner(bank: LabClient) -> None:
    """The attacker's payments are missing from the till that let them pass, the owner's are not."""
    tag = bank.bench["tag"]
    for via in ("own", "form", "form"):
        bank.post(f"/bank/transfer?tag={tag}&run={RUN}&from=other&via={via}")

    left = bank.get(f"/learn/api/evidence?run={RUN}&kind=cross-site").json()["tills"]

    assert left["none"] == 80
    assert left["header"] == 100


@pytest.mark.parametrize(
    "hosts", [["127.0.0.1", "evil.demo.localhost"], ["evil.demo.localhost", "127.0.0.1"]]
)
def test_attackers_are_told_apart_by_their_site_and_not_by_their_order(hosts: list[str]) -> None:
    """A sibling is what shares the lab's site, wherever it stands in the settings."""
    with override_settings(HOSTILE_HOSTS=hosts):
        found = addresses.attackers()

    assert found["other"].endswith("://127.0.0.1")
    assert found["sibling"].endswith("://evil.demo.localhost")


@pytest.mark.parametrize(
    ("host", "missing"), [("127.0.0.1", "sibling"), ("evil.demo.localhost", "other")]
)
def test_missing_second_host_is_said_and_nothing_can_be_run(
    lab_client: LabClient, host: str, missing: str
) -> None:
    """An experiment without its attacker has no button, and names the setting."""
    with override_settings(HOSTILE_HOSTS=[host]):
        html = lab_client.get("/learn/cross-site").text

    boxes = dict(
        re.findall(r'<lab-experiment[^>]* id="(\w+)"(.*?)</lab-experiment>', html, re.DOTALL)
    )
    for place, box in boxes.items():
        assert ("data-run" in box) is (place != missing)
        assert ("GATEHOUSE_HOSTILE_HOSTS" in box) is (place == missing)


def test_handshake_of_a_socket_is_noted_and_refused(bank: LabClient) -> None:
    """No till looks at it, and the protocol is never changed."""
    tag = bank.bench["tag"]
    path = f"/bank/transfer?tag={tag}&run={RUN}&from=other&via=socket"
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Origin": "http://127.0.0.1"}

    answer = bank.get(path, headers=upgrade)

    assert answer.status_code == 403
    found = bank.get(f"/learn/api/evidence?run={RUN}&kind=cross-site").json()
    assert found["entries"][-1]["headers"]["Origin"] == "http://127.0.0.1"
    assert "lab_strict" in found["entries"][-1]["cookies"]
    assert set(found["tills"].values()) == {100}
