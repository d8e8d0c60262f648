"""What a refresh and a sign-in cost, counted: statements, writes, rows."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import sessions, subjects, tokens
from accounts.audit.models import SecurityEvent
from accounts.models import FailureCount, Session, Subject
from accounts.sessions import rotation
from accounts.users.models import User
from tests.clients import BrowserClient

pytestmark = pytest.mark.django_db(transaction=True)

WRITES = ("INSERT", "UPDATE", "DELETE")


def rows() -> dict[str, int]:
    return {
        model.__name__: model.objects.count() for model in (Session, SecurityEvent, FailureCount)
    }


@pytest.fixture(autouse=True)
def _no_window(settings: Any) -> None:
    """Each refresh rotates."""
    settings.GATEHOUSE = {**settings.GATEHOUSE, "GRACE_SECONDS": 0}


def test_refresh_takes_three_statements_one_write_and_no_row(
    browser_client: BrowserClient, alice: User
) -> None:
    """One conditional UPDATE rotates; nothing is added, however often."""
    browser_client.sign_in(alice)
    before = rows()

    for _ in range(3):
        with CaptureQueriesContext(connection) as found:
            assert browser_client.post("/auth/refresh").status_code == 200
        statements = [query["sql"] for query in found.captured_queries]
        assert len(statements) <= 3, statements
        assert [sql[:6] for sql in statements if sql.startswith(WRITES)] == ["UPDATE"]
        assert not any("password" in sql for sql in statements), "no refresh needs the hash"

    assert rows() == before


def test_refused_refresh_writes_nothing(browser_client: BrowserClient, alice: User) -> None:
    """What is not even a token of ours reaches no table."""
    browser_client.sign_in(alice)
    browser_client.cookies["__Host-Http-refresh_token"] = "nonsense"

    with CaptureQueriesContext(connection) as found:
        assert browser_client.post("/auth/refresh").status_code == 401

    assert [query["sql"] for query in found.captured_queries] == []


def test_refresh_reads_what_the_orm_would(alice: User) -> None:
    """By hand, and so under a test: each column under its own name, and nothing twice."""
    issued = sessions.start(alice, evidence=sessions.BY_PASSWORD, client="web", remember=True)

    found, _ = rotation.read_row(issued.session.id)

    session = Session.objects.select_related("user__gatehouse_subject").get()
    with CaptureQueriesContext(connection) as more:
        for ours, theirs in (
            (found, session),
            (found.user, session.user),
            (found.user.gatehouse_subject, session.user.gatehouse_subject),
        ):
            names = {field.attname for field in theirs._meta.concrete_fields} - {"password"}
            for name in names:
                assert getattr(ours, name) == getattr(theirs, name), name
    assert len(more) == 0


def test_refresh_finds_nobody_where_the_subject_is_gone(alice: User) -> None:
    """Somebody deleted the row by hand: what the token says is of nobody, and is issued anew."""
    issued = sessions.start(alice, evidence=sessions.BY_PASSWORD, client="web", remember=True)
    Subject.objects.all().delete()

    new = sessions.rotate(issued.refresh, client="web")

    assert tokens.verify_access(new.access).sub == subjects.of(alice).sub
