"""Requests that meet: many threads, each with its own connection, on one session's row.

A barrier stands in front of the statement that decides, so that every thread has read the row
before the first one changes it. A schedule that has to be lucky proves nothing.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now

from .. import sessions
from ..errors import RefreshReused, SessionEnded
from ..models import Session
from ..sessions import session
from ..tokens.claims import Issued
from .happenings import Happenings

pytestmark = pytest.mark.django_db(transaction=True)

MANY = 20
PATIENCE = 30


@pytest.fixture(autouse=True)
def _forget_confirmations() -> None:
    session.confirmed.clear()


class Gate:
    """Stops a thread before its first statement that begins so, until `open` returns."""

    def __init__(self, beginning: str, wait: Callable[[], Any]) -> None:
        self.beginning, self.wait, self.passed = beginning, wait, False

    def __call__(self, execute: Any, sql: str, *rest: Any) -> Any:
        if not self.passed and sql.startswith(self.beginning):
            self.passed = True
            self.wait()
        return execute(sql, *rest)


UPDATE = f'UPDATE "{Session._meta.db_table}"'


def in_threads(*calls: Callable[[], Any], gates: dict[int, Gate] | None = None) -> list[Any]:
    """What each call returned or raised; call n runs behind gate n."""

    def run(number: int) -> Any:
        try:
            connection.ensure_connection()
            if gates and number in gates:
                with connection.execute_wrapper(gates[number]):
                    return calls[number]()
            return calls[number]()
        except SessionEnded as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        running = [pool.submit(run, number) for number in range(len(calls))]
        found = [each.result(PATIENCE) for each in running]
    assert all(gate.passed for gate in (gates or {}).values()), "they did not meet"
    return found


def sign_in(user: Any) -> Issued:
    return sessions.start(user, evidence=sessions.BY_PASSWORD, client="web", remember=True)


def refresh(pair: Issued) -> Callable[[], Issued]:
    return lambda: sessions.rotate(pair.refresh, client="web")


def age(seconds: float = 60) -> None:
    """As if everything had happened so long ago."""
    past = timedelta(seconds=seconds)
    for row in Session.objects.all():
        confirmed = row.confirmed_at and row.confirmed_at - past
        Session.objects.update(rotated_at=row.rotated_at - past, confirmed_at=confirmed)


def all_at_the_update() -> dict[int, Gate]:
    together = threading.Barrier(MANY, timeout=PATIENCE)
    return {number: Gate(UPDATE, together.wait) for number in range(MANY)}


def test_twenty_refreshes_at_once_move_the_generation_by_one(alice: Any) -> None:
    """All twenty have judged "rotate"; one UPDATE finds the row as it was read."""
    pair = sign_in(alice)
    age()

    answers = in_threads(*[refresh(pair)] * MANY, gates=all_at_the_update())

    row = Session.objects.get()
    assert (row.generation, row.previous_generation, row.ended_at) == (2, 1, None)
    assert {answer.session.generation for answer in answers} == {2}
    assert {answer.session.idle_expires_at for answer in answers} == {row.idle_expires_at}


def test_twenty_refreshes_past_a_lost_answer_move_the_generation_by_one(alice: Any) -> None:
    """The answer with generation 2 was lost; all come back with 1 and leave with 3."""
    pair = sign_in(alice)
    age()
    refresh(pair)()
    age()

    answers = in_threads(*[refresh(pair)] * MANY, gates=all_at_the_update())

    row = Session.objects.get()
    assert (row.generation, row.previous_generation, row.ended_at) == (3, 1, None)
    assert {answer.session.generation for answer in answers} == {3}


def test_twenty_reuses_at_once_end_the_session_once(alice: Any, happened: Happenings) -> None:
    """One event and one mail, however many copies come back together."""
    old = sign_in(alice)
    age()
    new = refresh(old)()
    age()
    refresh(new)()

    answers = in_threads(*[refresh(old)] * MANY)

    # Those who came after the end are told only that it is over.
    assert all(isinstance(answer, SessionEnded) for answer in answers)
    assert any(isinstance(answer, RefreshReused) for answer in answers)
    assert Session.objects.get().end_reason == "reuse_detected"
    assert len(happened.of("refresh_reused")) == 1


def test_end_between_reading_and_rotating_yields_no_token(alice: Any) -> None:
    """The refresh has read a live row; the sign-out commits before its UPDATE."""
    pair = sign_in(alice)
    age()
    ended = threading.Event()

    def sign_out() -> int:
        at_the_update.wait(PATIENCE)
        count = sessions.end(Session.objects.filter(id=pair.session.id), "signed_out")
        ended.set()
        return count

    at_the_update = threading.Event()
    gate = Gate(UPDATE, lambda: (at_the_update.set(), ended.wait(PATIENCE)))
    answer, count = in_threads(refresh(pair), sign_out, gates={0: gate})

    row = Session.objects.get()
    assert isinstance(answer, SessionEnded)
    assert count == 1
    assert (row.generation, row.end_reason) == (1, "signed_out")


def test_end_among_twenty_refreshes_never_leaves_a_live_session(alice: Any) -> None:
    """Whoever comes first: afterwards no answer that was given refreshes again."""
    for _ in range(5):
        pair = sign_in(alice)
        age()
        mine = Session.objects.filter(id=pair.session.id)

        *answers, count = in_threads(
            *[refresh(pair)] * (MANY - 1),
            lambda mine=mine: sessions.end(mine, "signed_out"),
            gates=all_at_the_update(),
        )

        assert count == 1
        assert mine.get().end_reason == "signed_out"
        for answer in answers:
            if isinstance(answer, Issued):
                with pytest.raises(SessionEnded):
                    refresh(answer)()


def test_two_ends_at_once_end_the_session_once(alice: Any) -> None:
    """One of them is told that it did: one event, and the first reason stays."""
    mine = Session.objects.filter(id=sign_in(alice).session.id)
    together = threading.Barrier(2, timeout=PATIENCE)

    counts = in_threads(
        lambda: sessions.end(mine, "signed_out"),
        lambda: sessions.end(mine, "admin"),
        gates={n: Gate(UPDATE, together.wait) for n in range(2)},
    )

    assert sorted(counts) == [0, 1]
    assert mine.get().end_reason == ["signed_out", "admin"][counts.index(1)]


def test_confirmation_between_judging_and_rotating_past_is_judged_again(alice: Any) -> None:
    """Generation 2 is seen by the API just before the refresh rotates past it: it was not lost."""
    pair = sign_in(alice)
    age()
    refresh(pair)()
    age()
    at_the_update, seen = threading.Event(), threading.Event()

    def confirm() -> None:
        at_the_update.wait(PATIENCE)
        sessions.confirm(pair.session.id, 2)
        seen.set()

    gate = Gate(UPDATE, lambda: (at_the_update.set(), seen.wait(PATIENCE)))
    answer, _ = in_threads(refresh(pair), confirm, gates={0: gate})

    row = Session.objects.get()
    assert answer.session.generation == 2
    assert (row.generation, row.confirmed_at is None) == (2, False)


def test_confirmation_after_rotating_past_confirms_nothing(alice: Any) -> None:
    """The API read generation 2 as current; before it writes, the session has moved to 3."""
    pair = sign_in(alice)
    age()
    refresh(pair)()
    age()
    at_the_update, rotated = threading.Event(), threading.Event()

    def rotate_past() -> Issued:
        at_the_update.wait(PATIENCE)
        answer = refresh(pair)()
        rotated.set()
        return answer

    gate = Gate(UPDATE, lambda: (at_the_update.set(), rotated.wait(PATIENCE)))
    _, answer = in_threads(
        lambda: sessions.confirm(pair.session.id, 2), rotate_past, gates={0: gate}
    )

    row = Session.objects.get()
    assert answer.session.generation == 3
    assert (row.generation, row.confirmed_at) == (3, None)


def test_rows_age_by_the_database_clock(alice: Any) -> None:
    """The tests above rest on ageing a row: a second short of the window nothing rotates."""
    pair = sign_in(alice)
    age(8)

    assert refresh(pair)().session.generation == 1
    age(3)
    assert refresh(pair)().session.generation == 2
    assert Session.objects.filter(rotated_at__lte=Now()).exists()
