"""What was so a moment ago is not so any more: the later of two is refused, or changes nothing."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.db.models.functions import Now

from .. import sessions
from ..errors import RefreshReused, SessionEnded
from ..models import Session
from ..sessions import session as session_rows
from .clients import BearerClient, BrowserClient
from .happenings import Happenings
from .meeting import just_before
from .people import PASSWORDS

pytestmark = pytest.mark.django_db(transaction=True)


def end_elsewhere() -> None:
    """As another machine does it: this one's revocation feed has not heard of it."""
    Session.objects.update(ended_at=Now(), end_reason="signed_out")


def test_session_that_ended_elsewhere_is_nobodys(browser_client: BrowserClient, alice: Any) -> None:
    """The token is still good as far as this machine's feed knows. The row decides."""
    browser_client.sign_in(alice)
    assert browser_client.get("/auth/session").json()["authenticated"] is True

    end_elsewhere()

    told = browser_client.get("/auth/session").json()
    assert told == {"authenticated": False, "user": None, "session": None}
    again = browser_client.post("/auth/reauthenticate", {"password": PASSWORDS["alice"]})
    assert again.json()["code"] == "invalid_token"


def test_two_sign_outs_that_meet_write_one_event(
    browser_client: BrowserClient, alice: Any, happened: Happenings
) -> None:
    """The second finds the session live and ends it no more."""
    browser_client.sign_in(alice)

    with just_before(f'UPDATE "{Session._meta.db_table}"', end_elsewhere):
        answer = browser_client.post("/auth/logout")

    assert answer.status_code == 204
    assert not happened.of("signed_out")


def test_other_device_that_has_just_signed_out_is_no_event(
    browser_client: BrowserClient, api_client: BearerClient, alice: Any, happened: Happenings
) -> None:
    """Ending what has ended is done, and told nobody."""
    browser_client.sign_in(alice)
    api_client.sign_in(alice)
    other = Session.objects.get(client="cli").id

    with just_before(f'UPDATE "{Session._meta.db_table}" SET "ended_at"', end_elsewhere):
        answer = browser_client.delete(f"/auth/sessions/{other}")

    assert answer.status_code == 204
    assert not happened.of("session_ended")


def test_session_beyond_the_limit_that_has_just_signed_out_is_no_event(
    alice: Any, monkeypatch: pytest.MonkeyPatch, happened: Happenings
) -> None:
    """The surplus is gone already: the first reason stays, and nothing else is told."""
    monkeypatch.setattr(session_rows, "MOST_LIVE", 1)
    first = sessions.start(
        alice, evidence=sessions.BY_PASSWORD, client="web", remember=True
    ).session

    with just_before(f'UPDATE "{Session._meta.db_table}" SET "ended_at"', end_elsewhere):
        sessions.start(alice, evidence=sessions.BY_PASSWORD, client="web", remember=True)

    assert Session.objects.get(id=first.id).end_reason == "signed_out"
    assert not happened.of("session_ended")


def test_reuse_that_meets_a_sign_out_is_told_nobody(alice: Any, happened: Happenings) -> None:
    """The owner ended the session a moment before: refused all the same, without an alarm."""
    old = sessions.start(alice, evidence=sessions.BY_PASSWORD, client="web", remember=True)
    long_ago = Now() - timedelta(minutes=1)
    Session.objects.update(rotated_at=long_ago)
    sessions.rotate(old.refresh, client="web")
    Session.objects.update(rotated_at=long_ago, confirmed_at=long_ago)

    with (
        just_before(f'UPDATE "{Session._meta.db_table}" SET "ended_at"', end_elsewhere),
        pytest.raises(RefreshReused),
    ):
        sessions.rotate(old.refresh, client="web")

    assert Session.objects.get().end_reason == "signed_out"
    assert not happened.of("refresh_reused")


def test_row_that_never_holds_still_ends_in_a_refusal(alice: Any) -> None:
    """Nothing that we know does that. If it happens, nobody loops and nobody gets tokens."""
    issued = sessions.start(alice, evidence=sessions.BY_PASSWORD, client="web", remember=True)
    row = Session.objects.filter(id=issued.session.id)
    row.update(rotated_at=Now() - timedelta(minutes=1))
    turns: list[int] = []

    def execute(run: Any, sql: str, *rest: Any) -> Any:
        if (
            sql.startswith(f'UPDATE "{Session._meta.db_table}" SET "generation"')
            and len(turns) % 2 == 0
        ):
            turns.append(1)
            row.update(generation=2)
            found = run(sql, *rest)
            row.update(generation=1)
            turns.append(1)
            return found
        return run(sql, *rest)

    with (
        connection.execute_wrapper(execute),
        pytest.raises(SessionEnded, match="under five readings"),
    ):
        sessions.rotate(issued.refresh, client="web")

    assert len(turns) == 10


@pytest.mark.parametrize("failure", [OperationalError, InterfaceError])
def test_confirmation_that_fails_stops_no_request(
    browser_client: BrowserClient,
    alice: Any,
    caplog: pytest.LogCaptureFixture,
    failure: type[Exception],
) -> None:
    """It is logged, and the next request confirms."""
    browser_client.sign_in(alice)

    def execute(run: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith(f'UPDATE "{Session._meta.db_table}" SET "confirmed_at"'):
            raise failure("the disk is full")
        return run(sql, *rest)

    with connection.execute_wrapper(execute):
        assert browser_client.get("/probe").status_code == 200
    assert Session.objects.get().confirmed_at is None
    assert "could not be confirmed" in caplog.text

    assert browser_client.get("/probe").status_code == 200
    assert Session.objects.get().confirmed_at is not None
