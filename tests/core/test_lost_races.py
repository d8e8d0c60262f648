"""What was so a moment ago is not so any more: the later of two is refused, or changes nothing."""

import io
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models.functions import Now
from django.http import HttpRequest

from accounts import sessions
from accounts.audit.models import SecurityEvent
from accounts.errors import InvalidCredentials, RefreshReused, SessionEnded
from accounts.federation import matching
from accounts.federation.models import Identity
from accounts.models import Session
from accounts.people import links, passwords
from accounts.people.links import DeadLink
from accounts.sessions import session as session_rows
from accounts.sessions.user_changes import Occasion
from accounts.users.models import User
from tests.clients import PASSWORDS, BearerClient, BrowserClient
from tests.core.meeting import just_before

pytestmark = pytest.mark.django_db(transaction=True)


def end_elsewhere() -> None:
    """As another machine does it: this one's revocation feed has not heard of it."""
    Session.objects.update(ended_at=Now(), end_reason="signed_out")


def test_session_that_ended_elsewhere_is_nobodys(
    browser_client: BrowserClient, alice: User
) -> None:
    """The token is still good as far as this machine's feed knows; the row decides."""
    browser_client.sign_in(alice)
    assert browser_client.get("/auth/session").json()["authenticated"] is True

    end_elsewhere()

    told = browser_client.get("/auth/session").json()
    assert told == {"authenticated": False, "user": None, "session": None}
    assert browser_client.get("/auth/account").json()["code"] == "invalid_token"


def test_two_sign_outs_that_meet_write_one_event(
    browser_client: BrowserClient, alice: User
) -> None:
    """The second finds the session live and ends it no more."""
    browser_client.sign_in(alice)

    with just_before('UPDATE "gatehouse_session"', end_elsewhere):
        answer = browser_client.post("/auth/logout")

    assert answer.status_code == 204
    assert not SecurityEvent.objects.filter(kind="signed_out").exists()


def test_other_device_that_has_just_signed_out_is_no_event(
    browser_client: BrowserClient, api_client: BearerClient, alice: User
) -> None:
    """Ending what has ended is done, and told nobody."""
    browser_client.sign_in(alice)
    api_client.sign_in(alice)
    other = Session.objects.get(client="cli").id

    with just_before('UPDATE "gatehouse_session" SET "ended_at"', end_elsewhere):
        answer = browser_client.delete(f"/auth/sessions/{other}")

    assert answer.status_code == 204
    assert not SecurityEvent.objects.filter(kind="session_ended").exists()


def test_session_beyond_the_limit_that_has_just_signed_out_is_no_event(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The surplus is gone already: the first reason stays, and nothing else is told."""
    monkeypatch.setattr(session_rows, "MOST_LIVE", 1)
    first = sessions.start(alice, client="web", remember=True).session

    with just_before('UPDATE "gatehouse_session" SET "ended_at"', end_elsewhere):
        sessions.start(alice, client="web", remember=True)

    assert Session.objects.get(id=first.id).end_reason == "signed_out"
    assert not SecurityEvent.objects.filter(kind="session_ended").exists()


def test_reuse_that_meets_a_sign_out_is_told_nobody(alice: User) -> None:
    """The owner ended the session a moment before: refused all the same, without an alarm."""
    old = sessions.start(alice, client="web", remember=True)
    long_ago = Now() - timedelta(minutes=1)
    Session.objects.update(rotated_at=long_ago)
    sessions.rotate(old.refresh, client="web")
    Session.objects.update(rotated_at=long_ago, confirmed_at=long_ago)

    with (
        just_before('UPDATE "gatehouse_session" SET "ended_at"', end_elsewhere),
        pytest.raises(RefreshReused),
    ):
        sessions.rotate(old.refresh, client="web")

    assert Session.objects.get().end_reason == "signed_out"
    assert not SecurityEvent.objects.filter(kind="refresh_reused").exists()


def test_link_that_was_used_a_moment_ago_is_dead(alice: User) -> None:
    """Both were found live; one conditional UPDATE decides."""
    link = links.find(token_of(links.make("reset", alice.email, user=alice)), "reset")
    with transaction.atomic():
        links.use(link)

    with transaction.atomic(), pytest.raises(DeadLink, match="a moment ago"):
        links.use(link)


def test_link_is_dead_once_the_password_has_changed(alice: User) -> None:
    """Although it was found live before."""
    link = links.find(token_of(links.make("reset", alice.email, user=alice)), "reset")
    passwords.store(alice, "another hash", Occasion())

    with transaction.atomic(), pytest.raises(DeadLink, match="outdated"):
        links.use(link)


def test_link_is_dead_once_the_session_that_asked_has_ended(alice: User) -> None:
    """Although it was found live before."""
    asking = sessions.start(alice, client="web", remember=True).session
    token = token_of(links.make("email", "a@elsewhere.example", user=alice, session_id=asking.id))
    link = links.find(token, "email")
    sessions.end(Session.objects.filter(id=asking.id), "ended_others")

    with transaction.atomic(), pytest.raises(DeadLink, match="just ended"):
        links.use(link)


def test_reset_wins_over_a_change_that_is_still_being_hashed(
    browser_client: BrowserClient, alice: User
) -> None:
    """Whoever knew the old password must not have the last word."""
    browser_client.sign_in(alice)
    body = {"current_password": PASSWORDS[alice.email], "new_password": "seven grey herons at dusk"}

    with just_before("UPDATE gatehouse_failurecount", partial(reset_password, alice)):
        answer = browser_client.post("/auth/password/change", body)

    assert answer.status_code == 401
    assert answer.json()["code"] == "invalid_credentials"
    alice.refresh_from_db()
    assert alice.password == "the owner's new hash"


def reset_password(user: User) -> None:
    User.objects.filter(pk=user.pk).update(password="the owner's new hash")


def test_identity_is_not_linked_by_a_password_that_was_reset_meanwhile(alice: User) -> None:
    """It would go on opening the account."""
    reset_password(alice)

    with pytest.raises(InvalidCredentials):
        matching.link(HttpRequest(), alice, "https://idp.example", "somebody")

    assert not Identity.objects.exists()


def test_identity_that_is_linked_twice_at_once_is_one_event(alice: User) -> None:
    """Two tabs ask for the password; both are right."""
    for _ in range(2):
        matching.link(HttpRequest(), alice, "https://idp.example", "somebody")

    assert Identity.objects.get().user == alice
    assert alice.gatehouse_events.filter(kind="identity_linked").count() == 1


def token_of(address: str) -> Any:
    return address.partition("#token=")[2]


def test_row_that_never_holds_still_ends_in_a_refusal(alice: User) -> None:
    """Nothing that we know does that; if it happens, nobody loops and nobody gets tokens."""
    issued = sessions.start(alice, client="web", remember=True)
    row = Session.objects.filter(id=issued.session.id)
    row.update(rotated_at=Now() - timedelta(minutes=1))
    turns: list[int] = []

    def execute(run: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith('UPDATE "gatehouse_session" SET "generation"') and len(turns) % 2 == 0:
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
    browser_client: BrowserClient, alice: User, log: io.StringIO, failure: type[Exception]
) -> None:
    """It is logged, and the next request confirms."""
    browser_client.sign_in(alice)

    def execute(run: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith('UPDATE "gatehouse_session" SET "confirmed_at"'):
            raise failure("the disk is full")
        return run(sql, *rest)

    with connection.execute_wrapper(execute):
        assert browser_client.get("/api/me").status_code == 200
    assert Session.objects.get().confirmed_at is None
    assert "could not be confirmed" in log.getvalue()

    assert browser_client.get("/api/me").status_code == 200
    assert Session.objects.get().confirmed_at is not None
