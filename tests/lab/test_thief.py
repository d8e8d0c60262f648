"""The thief's server: how often it keeps the same loot, and what it shows to a tab it was sent."""

import pytest

from lab.models import Held
from tests.clients import AttackerClient
from tests.lab.clients import LabClient

RUN = "run-of-this-test"


@pytest.fixture
def token(lab_client: LabClient) -> str:
    """The victim's token, where any script of the page can read it."""
    lab_client.watch()
    return lab_client.post("/bank/storage/sign-in", {"place": "local"}).json()["access_token"]


def bring(thief: AttackerClient, victim: LabClient, token: str, via: str, **headers: str):
    path = f"/loot?tag={victim.bench['tag']}&run={RUN}&via={via}&t={token}"
    return thief.get(path, SERVER_NAME="127.0.0.1", headers=headers)


def test_loot_that_comes_twice_is_kept_once_and_noted_twice(
    lab_client: LabClient, mallory: AttackerClient, token: str
) -> None:
    """Each way out of the page is evidence of its own; the token is the same."""
    for via in ("image", "fetch"):
        assert bring(mallory, lab_client, token, via).status_code == 204

    entries = lab_client.get(f"/learn/api/evidence?run={RUN}").json()["entries"]
    assert [(one["what"], one["via"]) for one in entries] == [("loot", "image"), ("loot", "fetch")]
    assert list(Held.objects.values_list("text", flat=True)) == [token]


def test_loot_by_a_way_that_nobody_tries_is_dropped(
    lab_client: LabClient, mallory: AttackerClient, token: str
) -> None:
    """The evidence has the experiment's words only, whatever an address says."""
    assert bring(mallory, lab_client, token, "<b>post</b>").status_code == 204

    assert lab_client.get(f"/learn/api/evidence?run={RUN}").json()["entries"] == []
    assert not Held.objects.exists()


def test_tab_that_was_sent_away_with_its_token_lands_on_the_thiefs_page(
    lab_client: LabClient, mallory: AttackerClient, token: str
) -> None:
    """A navigation is seen by whoever sits in front of it; a picture is not. Neither shows it."""
    page = bring(mallory, lab_client, token, "navigation", **{"Sec-Fetch-Dest": "document"})

    assert page.status_code == 200
    assert "Your tab brought me a token" in page.text
    assert token not in page.text
    assert "frame-src http://app.demo.localhost" in page["Content-Security-Policy"]
