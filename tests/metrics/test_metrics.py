"""GET /metrics: counts of events and refreshes, for whoever has its token."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from prometheus_client.parser import text_string_to_metric_families

from accounts.metrics import counts
from accounts.sessions import revocation
from accounts.users.models import User
from tests.clients import BearerClient, BrowserClient

TOKEN = "a token of the monitor, 32 or more"
AGE = "gatehouse_revocation_feed_age_seconds"


@pytest.fixture
def monitor(db: None, settings: Any) -> BearerClient:
    """Whoever may read the counts."""
    settings.GATEHOUSE = {**settings.GATEHOUSE, "METRICS_TOKEN": TOKEN}
    client = BearerClient()
    client.tokens = {"access_token": TOKEN}
    return client


def read(client: BearerClient) -> dict[tuple[str, ...], float]:
    """Each figure by its name and its label, as Prometheus reads them."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def rise(monitor: BearerClient, act: Any, *name: str) -> float:
    """By how much a figure rises while this is done."""
    before = read(monitor).get(name, 0)
    act()
    return read(monitor)[name] - before


@pytest.mark.django_db(transaction=True)
def test_events_are_counted_by_kind(monitor: BearerClient, alice: User) -> None:
    """Each once, when it is certain."""
    found = rise(
        monitor, lambda: BrowserClient().sign_in(alice), "gatehouse_events_total", "signed_in"
    )

    assert found == 1


@pytest.mark.django_db(transaction=True)
def test_refreshes_are_counted_by_verdict(
    monitor: BearerClient, api_client: BearerClient, alice: User, settings: Any
) -> None:
    """A rotation, an answer again, and the reuse that ends the session."""
    api_client.sign_in(alice)
    first = api_client.tokens

    assert rise(monitor, api_client.refresh, "gatehouse_refreshes_total", "answer") == 1
    settings.GATEHOUSE = {**settings.GATEHOUSE, "GRACE_SECONDS": 0}
    assert rise(monitor, api_client.refresh, "gatehouse_refreshes_total", "rotate") == 1
    api_client.get("/api/me")
    api_client.refresh()
    api_client.tokens = first
    assert rise(monitor, api_client.refresh, "gatehouse_refreshes_total", "reuse") == 1


def test_age_of_the_feed_is_that_of_a_feed_just_asked_for(monitor: BearerClient) -> None:
    """Nobody else has to ask this process first."""
    revocation.reset()

    assert 0 <= read(monitor)[(AGE,)] < 5


def test_age_of_a_feed_that_cannot_be_read_goes_on(monitor: BearerClient) -> None:
    """An alert on it says why the API answers 503."""

    def refuse(run: Any, sql: str, *rest: Any) -> Any:
        raise OperationalError("gone")

    revocation.reset()
    with connection.execute_wrapper(refuse):
        assert read(monitor)[(AGE,)] == float("inf")


def test_without_the_setting_nothing_is_counted_and_there_is_no_page(
    browser_client: BrowserClient, alice: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Off by default."""
    monkeypatch.setenv(counts.VARIABLE, str(tmp_path / "metrics"))
    browser_client.sign_in(alice)

    assert browser_client.get("/metrics").status_code == 404
    assert not (tmp_path / "metrics").exists()


@pytest.mark.parametrize(
    ("sent", "code"), [(None, "not_authenticated"), ("x", "invalid_token"), ("é", "invalid_token")]
)
def test_without_the_token_nobody_reads(monitor: BearerClient, sent: str | None, code: str) -> None:
    """Nor with another one. Those count as bad tokens do."""
    headers = {"Authorization": sent and f"Bearer {sent}"}
    answer = monitor.get("/metrics", headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (401, code)


def test_counts_of_an_earlier_server_are_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where there are none."""
    monkeypatch.setenv(counts.VARIABLE, str(tmp_path / "metrics"))
    counts.folder().mkdir()
    (counts.folder() / "counter_1.db").write_bytes(b"")

    counts.forget()
    counts.forget()

    assert not list(counts.folder().iterdir())


def test_page_says_what_is_counted() -> None:
    """docs/how-to/metrics.md names each figure."""
    page = (Path(__file__).parents[2] / "docs/how-to/metrics.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(gatehouse_\w+)[`{]", page))

    assert named >= {"gatehouse_events_total", "gatehouse_refreshes_total", AGE}
