"""/api/notes: one's own notes, and nobody else's."""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.errors import TooLarge
from accounts.users.models import User
from accounts.web.problems import from_problem
from api.models import Note
from api.notes import OwnNotes
from api.serializers import NoteSerializer
from project import unread
from tests.clients import BrowserClient
from tests.servers import ROOT


@pytest.fixture
def page(browser_client: BrowserClient, alice: User) -> BrowserClient:
    """Alice's browser, signed in."""
    browser_client.sign_in(alice)
    return browser_client


def write(page: BrowserClient, title: str, body: str = "") -> dict[str, Any]:
    answer = page.post("/api/notes", {"title": title, "body": body})
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_note_written_is_read_back(page: BrowserClient) -> None:
    """POST answers the note as GET shows it; times are RFC 3339 in UTC."""
    note = write(page, "Milk", "and  two\nspaces ")

    read = page.get(f"/api/notes/{note['id']}").json()

    assert read == note
    assert set(read) == {"id", "title", "body", "created_at", "updated_at"}
    assert read["body"] == "and  two\nspaces "
    assert read["created_at"].endswith("Z")


def test_note_is_changed_and_deleted(page: BrowserClient) -> None:
    """PUT replaces, PATCH changes one field, DELETE leaves nothing."""
    note = write(page, "Milk", "two bottles")
    path = f"/api/notes/{note['id']}"

    assert page.patch(path, {"body": "three"}).json()["title"] == "Milk"
    assert page.put(path, {"title": "Bread"}).json()["title"] == "Bread"
    assert page.delete(path).status_code == 204
    assert page.get(path).status_code == 404


def test_list_is_newest_first_in_pages_of_twenty(page: BrowserClient) -> None:
    """The list shape of the contract, and a second page that ends it."""
    for number in range(21):
        write(page, f"Note {number}")

    first = page.get("/api/notes").json()
    second = page.get("/api/notes?page=2").json()

    assert set(first) == {"count", "next", "previous", "results"}
    assert first["count"] == 21
    assert [note["title"] for note in first["results"]][:2] == ["Note 20", "Note 19"]
    assert len(first["results"]) == 20
    assert first["next"].endswith("/api/notes?page=2")
    assert [note["title"] for note in second["results"]] == ["Note 0"]
    assert second["next"] is None


@pytest.mark.parametrize("number", ["0", "-1", "3", "x", "1e9", "99999999999999999999"])
def test_page_that_does_not_exist_is_not_found(page: BrowserClient, number: str) -> None:
    """A page number that names no page is a 404 with the usual shape."""
    answer = page.get(f"/api/notes?page={number}")

    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("milk", ["Milk"]),
        ("MILK", ["Milk"]),
        ("bottles", ["Milk"]),
        ("two milk", ["Milk"]),
        ("milk paper", []),
        ("100%", ["100% paper"]),
        ("_", []),
        ("' OR 1=1 --", []),
        ("%00", []),
        ("", ["100% paper", "Milk"]),
    ],
)
def test_search_finds_every_word_in_title_or_text(
    page: BrowserClient, words: str, found: list[str]
) -> None:
    """Words, not patterns: % and _ stand for themselves."""
    write(page, "Milk", "two bottles")
    write(page, "100% paper")

    results = page.get("/api/notes", query_params={"search": words}).json()["results"]

    assert [note["title"] for note in results] == found


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Münchner Übung", "übung"),
        ("Münchner Übung", "ÜBUNG münchner"),
        ("Münchner Übung", "u\u0308bung"),
        ("Mu\u0308nchner U\u0308bung", "übung"),
        ("Straße", "STRASSE"),
        ("ΟΔΟΣ Αθηνών", "οδος αθηνών"),
        ("Дневник", "дНЕВ"),
        ("ＡＢＣ", "abc"),
        ("ﬁve of ﬁve", "FIVE"),
        ("한국어", "\u1112\u1161\u11ab국어"),
        ("100％", "100%"),
        ("10² paper", "102"),
        ("İstanbul", "i\u0307stanbul"),
    ],
)
@pytest.mark.parametrize("place", ["title", "body"])
def test_search_finds_a_word_in_any_spelling(
    page: BrowserClient, title: str, words: str, place: str
) -> None:
    """Letters of every script without case, composed or with the accent beside them."""
    note = {"title": "x", "body": "y", place: title}
    write(page, **note)

    (found,) = page.get("/api/notes", query_params={"search": words}).json()["results"]

    assert (found["title"], found["body"]) == (note["title"], note["body"])


@pytest.mark.parametrize("words", ["ubung", "munchner", "%bung", "_bung", "übung_", "\\", "ß"])
def test_search_takes_no_letter_for_another(page: BrowserClient, words: str) -> None:
    """An accent counts, and what LIKE takes for patterns stands for itself."""
    write(page, "Münchner Übung")

    assert page.get("/api/notes", query_params={"search": words}).json()["count"] == 0


def test_search_looks_at_what_a_note_says_now(page: BrowserClient) -> None:
    """A change by PATCH, PUT, or by code that saves one column, is found and the old text is not."""
    note = write(page, "Übung", "eins")
    path = f"/api/notes/{note['id']}"

    def found(words: str) -> int:
        return page.get("/api/notes", query_params={"search": words}).json()["count"]

    page.patch(path, {"body": "Äpfel"})
    assert (found("eins"), found("äpfel"), found("übung")) == (0, 1, 1)
    page.put(path, {"title": "Öl"})
    assert (found("äpfel"), found("übung"), found("öl")) == (0, 0, 1)
    row = Note.objects.get(id=note["id"])
    row.title = "Überall"
    row.save(update_fields=["title"])
    assert (found("öl"), found("überall")) == (0, 1)


def test_search_finds_a_row_that_was_written_past_the_model(
    page: BrowserClient, alice: User
) -> None:
    """Loaded from a file, or by SQL: as the database compares."""
    Note.objects.bulk_create([Note(owner=alice, title="Milk", body="Two bottles")])

    for words in ("milk", "BOTTLES milk"):
        assert page.get("/api/notes", query_params={"search": words}).json()["count"] == 1
    assert page.get("/api/notes", query_params={"search": "water"}).json()["count"] == 0


def test_list_does_not_read_what_the_search_looks_at(page: BrowserClient) -> None:
    """Twenty of the largest notes are twice as much otherwise."""
    write(page, "Milk")

    with CaptureQueriesContext(connection) as asked:
        page.get("/api/notes")

    read = [q["sql"] for q in asked.captured_queries if q["sql"].startswith('SELECT "api_note"')]
    assert len(read) == 1
    assert "words" not in read[0]


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_note_of_another_does_not_exist(page: BrowserClient, bob: User, method: str) -> None:
    """Every method answers a foreign id exactly as it answers one that never was (ASVS 8.2.2)."""
    foreign = Note.objects.create(owner=bob, title="Secret", body="bees")
    send = getattr(page, method)

    answers = [
        send(f"/api/notes/{note_id}", **({} if method == "get" else {"data": {"title": "x"}}))
        for note_id in (foreign.id, "never-was")
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content
    foreign.refresh_from_db()
    assert foreign.title == "Secret"
    assert page.get("/api/notes").json()["count"] == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "title"),
        ({"title": ""}, "title"),
        ({"title": "   "}, "title"),
        ({"title": None}, "title"),
        ({"title": ["x"]}, "title"),
        ({"title": {"x": 1}}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "a\0b"}, "title"),
        ({"title": "x", "body": "y" * 100_001}, "body"),
        ({"title": "x", "body": None}, "body"),
        ({"title": "x", "body": "a\0b"}, "body"),
    ],
)
def test_bad_note_names_the_field(page: BrowserClient, body: dict[str, Any], field: str) -> None:
    """Validation says which field and loses nothing."""
    answer = page.post("/api/notes", body)

    assert answer.status_code == 400
    assert answer.json()["code"] == "validation_failed"
    assert list(answer.json()["errors"]) == [field]
    assert not Note.objects.exists()


def test_owner_id_and_times_cannot_be_assigned(page: BrowserClient, bob: User) -> None:
    """Mass assignment (ASVS 15.3.3): what is not a field of the form is ignored."""
    foreign = {
        "owner": bob.pk,
        "owner_id": bob.pk,
        "id": "mine",
        "created_at": "2000-01-01",
    }

    note = write_raw(page, {"title": "x", **foreign})

    assert note["id"] != "mine"
    assert not note["created_at"].startswith("2000")
    assert not Note.objects.filter(owner=bob).exists()


def write_raw(page: BrowserClient, body: dict[str, Any]) -> dict[str, Any]:
    return page.post("/api/notes", body).json()


@pytest.mark.parametrize("letter", ["€", "é", "\U0001f600", "\x01", '"'], ids=ascii)
@pytest.mark.parametrize("escaped", [True, False])
def test_largest_note_fits_and_a_larger_body_does_not(
    page: BrowserClient, letter: str, escaped: bool
) -> None:
    """100,000 characters in any spelling are a note; more bytes than those can need are 413."""
    note = {"title": f"x{letter * 198}x", "body": letter * 100_000}

    written = page.post("/api/notes", json.dumps(note, ensure_ascii=escaped))

    assert written.status_code == 201
    assert {name: written.json()[name] for name in note} == note
    answer = page.post("/api/notes", {"title": "x", "body": "y" * OwnNotes.max_body})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_proxies_let_the_largest_note_through_and_refuse_as_we_do() -> None:
    """One figure in three places, above what a note can need and below what is taken off the line."""
    nginx = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    caddy = (ROOT / "deploy" / "Caddyfile").read_text(encoding="utf-8")
    fields = NoteSerializer().fields
    longest = {name: "\U0001f600" * fields[name].max_length for name in ("title", "body")}

    figures = re.findall(r"client_max_body_size (\w+);", nginx)
    figures += re.findall(r"max_size (\w+)\n", caddy)

    assert figures == [str(OwnNotes.max_body)] * 2
    assert len(json.dumps(longest)) <= OwnNotes.max_body < unread.MOST_BYTES
    ours = from_problem(TooLarge()).content.decode()
    assert ours in nginx
    assert ours in caddy


@pytest.mark.parametrize(
    "body", ["a" + "\u0300\u0316" * 49_999, "\ufdfa" * 100_000, "u\u0308" * 50_000]
)
def test_largest_note_of_odd_letters_is_written_in_no_time(page: BrowserClient, body: str) -> None:
    """Marks in an order that takes the square of their number to mend, and a letter that is 18."""
    began = time.process_time()

    assert write(page, "x", body)["body"] == body

    assert time.process_time() - began < 2
    found = page.get("/api/notes", query_params={"search": body[:2]}).json()
    assert found["count"] == 1


@pytest.mark.django_db(transaction=True)
def test_note_of_somebody_who_is_gone_is_refused(
    page: BrowserClient, alice: User, settings: Any, tmp_path: Path
) -> None:
    """An account deleted on another machine: 401 before this one's feed tells of it, no 500."""
    settings.GATEHOUSE = settings.GATEHOUSE | {"REVOCATION_POLL_SECONDS": 60}
    here = settings.GATEHOUSE
    assert page.get("/api/notes").status_code == 200
    settings.GATEHOUSE = here | {"DATA_DIR": tmp_path}  # whose counter nobody here looks at
    alice.delete()
    settings.GATEHOUSE = here

    answer = page.post("/api/notes", {"title": "Milk"})

    assert answer.status_code == 401
    assert answer.json()["code"] == "invalid_token"
