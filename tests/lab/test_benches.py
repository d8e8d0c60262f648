"""One browser's place in the lab: apart from all others, for an hour, of a bounded size."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.http import HttpResponse

from accounts.credentials import budgets
from accounts.tests.presenting import on_the_wire
from lab import benches, jar
from lab.models import Bench, Entry, Held
from tests.lab.clients import LabClient


def test_bench_of_another_browser_cannot_be_seen(
    lab_client: LabClient, other_lab_client: LabClient
) -> None:
    """Nobody's experiment shows up in somebody else's."""
    lab_client.sign_in_alice()
    other_lab_client.watch()

    assert other_lab_client.get("/learn/api/log").json()["entries"] == []


def test_public_tag_is_not_the_secret_of_the_bench(lab_client: LabClient) -> None:
    """An attackers' page knows the tag; with it alone it cannot read the log."""
    tag = lab_client.watch()["tag"]
    thief = LabClient()
    thief.cookies[jar.BENCH] = tag

    assert thief.get("/learn/api/log").status_code == 404


@pytest.mark.parametrize("planted", [f"\u2000{jar.BENCH}", f"\x1c{jar.BENCH}", jar.BENCH])
@pytest.mark.parametrize("own", ["", f"{jar.BENCH}=own; "])
def test_bench_that_a_sibling_host_planted_records_nobody(
    lab_client: LabClient, planted: str, own: str
) -> None:
    """Under a name that only Django takes for the bench's, or beside the visitor's own."""
    lab_client.watch()
    bench = Bench.objects.get().id
    header = on_the_wire(f"{own}{planted}={bench}")
    recorded = planted == jar.BENCH and not own  # as its own browser sends it

    answer = LabClient().get("/learn/api/log", headers={"Cookie": header})

    assert answer.status_code == (200 if recorded else 404)


def test_row_in_a_log_is_named_without_its_secret(lab_client: LabClient) -> None:
    """Text and traces of a row hold its public name: not the bench's id, and no token."""
    lab_client.watch()
    bench = Bench.objects.get()
    entry = benches.note(bench, "note", {"secret": "kept"})
    held = Held.objects.create(bench=bench, run="run", kind="loot", text="a.b.c")

    assert str(bench) == bench.tag
    assert str(entry) == f"note {entry.id}"
    assert str(held) == f"loot {held.handle}"


def test_bench_is_found_again_by_its_browser(lab_client: LabClient) -> None:
    """Opening another page of the lab keeps person and balance."""
    assert lab_client.watch()["tag"] == lab_client.watch()["tag"]


def test_bench_after_its_hour_is_gone_with_its_log(lab_client: LabClient) -> None:
    """The next one that is opened sweeps it away."""
    lab_client.sign_in_alice()
    Bench.objects.update(expires_at=Now() - timedelta(seconds=1))

    assert lab_client.get("/learn/api/log").status_code == 404
    LabClient().watch()

    assert Bench.objects.count() == 1
    assert not Entry.objects.exists()


def test_log_keeps_its_newest_entries_only(lab_client: LabClient) -> None:
    """The lab cannot be used to fill the disk."""
    lab_client.watch()
    bench = Bench.objects.get()

    for number in range(benches.MOST_ENTRIES + 5):
        benches.note(bench, "note", {"number": number})

    kept = [entry["number"] for entry in benches.log(bench)]
    assert kept == list(range(5, benches.MOST_ENTRIES + 5))


def test_log_after_a_cursor_has_what_is_new(lab_client: LabClient) -> None:
    """A page asks for the rest, not for all of it again."""
    lab_client.watch()
    bench = Bench.objects.get()
    first = benches.note(bench, "note", {"number": 1})
    benches.note(bench, "note", {"number": 2})

    answer = lab_client.get(f"/learn/api/log?after={first.id}").json()["entries"]

    assert [entry["number"] for entry in answer] == [2]


@pytest.mark.parametrize("after", ["x", "-1", "", "9" * 5000, "\u0663"])
def test_log_after_what_is_no_cursor_is_the_whole_log(lab_client: LabClient, after: str) -> None:
    """However long it is."""
    lab_client.watch()
    benches.note(Bench.objects.get(), "note", {"number": 1})

    answer = lab_client.get("/learn/api/log", {"after": after})

    assert [entry["number"] for entry in answer.json()["entries"]] == [1]


def test_log_after_the_last_entry_is_empty(lab_client: LabClient) -> None:
    """Also where no entry will ever have such an id."""
    lab_client.watch()
    benches.note(Bench.objects.get(), "note", {"number": 1})

    assert lab_client.get("/learn/api/log", {"after": "9" * 18}).json()["entries"] == []


def test_opening_too_many_benches_is_throttled(lab_client: LabClient) -> None:
    """A network gets so many an hour."""
    lab_client.get("/auth/session")
    budget = budgets.Budget("lab bench", "127.0.0.1", 600, 3600)
    for _ in range(600):
        budgets.spend([budget])

    assert lab_client.post("/learn/api/watch").status_code == 429


def test_too_many_requests_to_the_lab_are_throttled(lab_client: LabClient) -> None:
    """Experiments are limited as a whole, and refused in the app's form."""
    lab_client.get("/auth/session")
    for _ in range(600):
        budgets.spend([budgets.Budget("lab request", "127.0.0.1", 600, 60)])

    answer = lab_client.post("/lab/expire")

    assert (answer.status_code, answer.json()["code"]) == (429, "throttled")
    assert int(answer["Retry-After"]) <= 60


@pytest.mark.parametrize(
    ("name", "seconds"), [("access_token", 60), ("lab_x", 3601), ("lab_x", -1)]
)
def test_cookie_without_mark_or_with_a_long_life_is_no_cookie_of_the_lab(
    name: str, seconds: int
) -> None:
    """The lab's one writer refuses what could be taken for the app's."""
    with pytest.raises(ValueError, match="no cookie of the lab"):
        jar.put(HttpResponse(), name, "x", seconds)
