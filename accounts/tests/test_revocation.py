"""The revocation feed: what ends a token that has not expired, in every process, at once."""

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from traceback import walk_stack
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import OperationalError, connection, transaction
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from .. import sessions, subjects, tokens
from ..errors import RevokedSession, Unavailable
from ..models import Session, Subject
from ..sessions import revocation
from ..tokens.claims import Issued
from .clients import BrowserClient
from .people import change_rights, let_in, shut_out, value_for

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 30
# The longest life of an access token, the leeway, and the margin.
PERIOD = 300 + 5 + 60


def sign_in(user: Any) -> Issued:
    return sessions.start(user, evidence=sessions.BY_PASSWORD, client="web", remember=True)


def check(pair: Issued) -> None:
    revocation.check(tokens.verify_access(pair.access))


def end(pair: Issued) -> None:
    sessions.end(Session.objects.filter(id=pair.session.id), "signed_out")


def end_unannounced(pair: Issued, *, ago: float = 0) -> None:
    """As another machine does it: its counter is not ours."""
    Session.objects.filter(id=pair.session.id).update(
        ended_at=Now() - timedelta(seconds=ago), end_reason="signed_out"
    )


def let_the_feed_age(seconds: float) -> None:
    revocation._feed = replace(revocation._feed, read_at=revocation._feed.read_at - seconds)
    revocation._tried_at -= seconds


@pytest.fixture
def poll(settings: Any) -> Callable[[int], None]:
    def every(seconds: int) -> None:
        settings.GATEHOUSE = {**settings.GATEHOUSE, "REVOCATION_POLL_SECONDS": seconds}

    return every


@pytest.fixture(scope="module")
def other_process(
    django_db_setup: None, gatehouse_folder: Path
) -> Iterator[Callable[[Issued], str]]:
    """Asks a process with a memory of its own what an access token is worth."""
    name = str(connection.settings_dict["NAME"])
    command = [sys.executable, "-m", f"{__package__}.other_process", name]
    command += [str(gatehouse_folder), str(gatehouse_folder / "signing-keys.json")]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as process:

        def ask(pair: Issued) -> str:
            process.stdin.write(f"{pair.access}\n")
            process.stdin.flush()
            return process.stdout.readline().strip()

        yield ask
        process.stdin.close()


def broken_database(execute: Any, sql: str, *rest: Any) -> Any:
    if f'FROM "{Session._meta.db_table}"' in sql:
        raise OperationalError("the database is away")
    return execute(sql, *rest)


def test_end_is_effective_in_another_process_at_once(
    alice: Any, bob: Any, other_process: Callable[[Issued], str]
) -> None:
    """The first request after it is refused, an hour before that process would poll."""
    mine, other = sign_in(alice), sign_in(bob)
    assert other_process(mine) == "accepted"

    end(mine)

    assert other_process(mine) == "RevokedSession"
    assert other_process(other) == "accepted"


def test_raised_version_is_effective_in_another_process_at_once(
    alice: Any, other_process: Callable[[Issued], str]
) -> None:
    """A change of role refuses the access token that says the old one; a refresh brings the new."""
    old = sign_in(alice)
    assert other_process(old) == "accepted"

    change_rights(alice)

    assert other_process(old) == "RevokedSession"
    new = sessions.rotate(old.refresh, client="web")
    assert other_process(new) == "accepted"
    assert tokens.verify_access(new.access).scope == set(subjects.scopes_of(alice, acr="1"))


def test_deactivation_is_effective_in_another_process_at_once(
    alice: Any, other_process: Callable[[Issued], str]
) -> None:
    """Reactivation revives nothing, and a new sign-in counts at once."""
    pair = sign_in(alice)
    assert other_process(pair) == "accepted"

    shut_out(alice)
    assert other_process(pair) == "RevokedSession"

    alice = let_in(alice)
    assert other_process(pair) == "RevokedSession"
    assert other_process(sign_in(alice)) == "accepted"


def test_sessions_of_a_deleted_user_stay_revoked(
    alice: Any, other_process: Callable[[Issued], str]
) -> None:
    """The ended row outlives its user, also for a process that starts after the deletion."""
    pair = sign_in(alice)

    alice.delete()

    assert other_process(pair) == "RevokedSession"
    revocation.reset()
    with pytest.raises(RevokedSession):
        check(pair)
    assert Session.objects.get().user is None


def test_end_inside_a_transaction_is_effective_once_it_commits(
    alice: Any, poll: Callable[[int], None]
) -> None:
    """Another thread that read the feed before the commit reads it again after."""
    poll(3600)
    pair = sign_in(alice)
    check(pair)
    seen: list[str] = []

    def another_request() -> None:
        check(pair)
        seen.append("accepted")
        connection.close()

    with transaction.atomic():
        end(pair)
        thread = threading.Thread(target=another_request)
        thread.start()
        thread.join(PATIENCE)

    assert seen == ["accepted"]  # not committed, so not ended
    with pytest.raises(RevokedSession):
        check(pair)


def test_end_that_is_rolled_back_revokes_nothing(alice: Any) -> None:
    """The counter has moved, the rows have not."""
    pair = sign_in(alice)

    with transaction.atomic():
        end(pair)
        transaction.set_rollback(True)

    check(pair)


def test_end_on_another_machine_is_found_by_the_poll(
    alice: Any, poll: Callable[[int], None]
) -> None:
    """Not before it is due, and then without a restart."""
    poll(9)
    pair = sign_in(alice)
    check(pair)
    end_unannounced(pair)

    let_the_feed_age(1)
    check(pair)
    let_the_feed_age(9)
    with pytest.raises(RevokedSession):
        check(pair)


def test_transaction_that_commits_late_is_not_missed(
    alice: Any, bob: Any, poll: Callable[[int], None]
) -> None:
    """Its `ended_at` is earlier than one that was read before: no cursor has gone past it."""
    poll(1)
    late, early = sign_in(alice), sign_in(bob)
    end(early)
    with pytest.raises(RevokedSession):
        check(early)
    check(late)

    end_unannounced(late, ago=29)
    let_the_feed_age(2)

    with pytest.raises(RevokedSession):
        check(late)


def test_two_open_transactions_that_commit_in_the_other_order_are_both_seen(
    alice: Any, bob: Any, poll: Callable[[int], None]
) -> None:
    """The same with a transaction that is really open meanwhile, which only PostgreSQL has."""
    if connection.vendor == "sqlite":
        return  # one writer at a time: the order of commits is the order of writes
    poll(1)
    late, early = sign_in(alice), sign_in(bob)
    written, read = threading.Event(), threading.Event()

    def end_slowly() -> None:
        with transaction.atomic():
            end_unannounced(late)
            written.set()
            read.wait(PATIENCE)
        connection.close()

    thread = threading.Thread(target=end_slowly)
    thread.start()
    written.wait(PATIENCE)
    end(early)
    with pytest.raises(RevokedSession):
        check(early)
    check(late)
    read.set()
    thread.join(PATIENCE)
    let_the_feed_age(2)

    with pytest.raises(RevokedSession):
        check(late)
    times = Session.objects.in_bulk([late.session.id, early.session.id])
    assert times[late.session.id].ended_at < times[early.session.id].ended_at


@pytest.mark.parametrize(("ago", "kept"), [(PERIOD - 5, True), (PERIOD + 5, False)])
def test_feed_holds_as_long_as_any_access_token_can_live(alice: Any, ago: int, kept: bool) -> None:
    """Life, leeway and margin; beyond that the token itself has expired."""
    pair = sign_in(alice)
    end_unannounced(pair, ago=ago)

    assert (pair.session.id in revocation.current().ended) is kept


@pytest.mark.parametrize(("ago", "kept"), [(PERIOD - 5, True), (PERIOD + 5, False)])
def test_feed_holds_a_raised_version_as_long(alice: Any, ago: int, kept: bool) -> None:
    """For the same time."""
    subjects.of(alice)
    Subject.objects.update(ver=2, ver_raised_at=Now() - timedelta(seconds=ago))

    assert (subjects.of(alice).sub in revocation.current().versions) is kept


def test_bulk_deactivation_is_found_by_the_poll(alice: Any, poll: Callable[[int], None]) -> None:
    """A queryset's update sends no signal; the feed looks for inactive users itself."""
    poll(1)
    pair = sign_in(alice)
    check(pair)

    subjects.rows().filter(pk=alice.pk).update(is_active=False)
    let_the_feed_age(2)

    with pytest.raises(RevokedSession):
        check(pair)


@pytest.mark.parametrize("seconds", [0, 1])
def test_bulk_deactivation_spares_everybody_else(
    alice: Any, bob: Any, poll: Callable[[int], None], seconds: int
) -> None:
    """Every session of that person, and no other one."""
    poll(seconds)
    pairs, other = [sign_in(alice), sign_in(alice)], sign_in(bob)

    subjects.rows().filter(pk=alice.pk).update(is_active=False)
    revocation.reset()

    for pair in pairs:
        with pytest.raises(RevokedSession):
            check(pair)
    check(other)


@pytest.mark.parametrize("seconds", [0, 1])
def test_activation_revives_no_session_of_a_bulk_deactivation(
    alice: Any, poll: Callable[[int], None], seconds: int
) -> None:
    """The bulk update ended none; whoever saves the person does, before they count again."""
    poll(seconds)
    pair = sign_in(alice)
    subjects.rows().filter(pk=alice.pk).update(is_active=False)

    alice.refresh_from_db()
    alice.is_active = True
    alice.save()

    with pytest.raises(RevokedSession):
        check(pair)
    assert Session.objects.get().end_reason == "deactivated"
    new = sign_in(alice)
    check(new)


def unique(number: int) -> dict[str, Any]:
    """What tells this one of many people from the others. Every fiftieth is inactive."""
    fields = [f for f in get_user_model()._meta.concrete_fields if f.unique and not f.primary_key]
    told = {f.attname: value_for(f, f"p{number}") for f in fields}
    return told | ({"is_active": number % 50 > 0} if subjects.has_field("is_active") else {})


def test_reading_the_feed_does_not_look_at_live_sessions(alice: Any) -> None:
    """No query of it goes through the table of sessions, on either engine (by its own plan)."""
    now = timezone.now()
    model = type(alice)
    kept = {f.attname: getattr(alice, f.attname) for f in model._meta.concrete_fields}
    kept.pop(model._meta.pk.attname)
    people = [model(**{**kept, **unique(n)}) for n in range(2000)]
    model._base_manager.bulk_create(people)
    times = dict.fromkeys(("created_at", "rotated_at", "last_used_at", "authenticated_at"), now)
    times |= dict.fromkeys(("idle_expires_at", "absolute_expires_at"), now + timedelta(days=7))
    rows = (Session(user=user, client="web", idle_seconds=9, **times) for user in people * 3)
    Session.objects.bulk_create(rows, batch_size=500)
    if connection.vendor == "postgresql":  # as it does by itself, which SQLite does not
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    revocation.reset()
    with CaptureQueriesContext(connection) as asked:
        revocation.current()

    plans = []
    for query in asked.captured_queries:
        explain = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN "
        with connection.cursor() as cursor:
            cursor.execute(explain + query["sql"])
            plans.append("\n".join(str(row[-1]) for row in cursor.fetchall()))

    table = Session._meta.db_table
    assert len(plans) == 3
    for plan in plans:
        assert not re.search(rf"Seq Scan on {table}|SCAN {table}\b", plan), plan
    # One query alone is about sessions, and inactive people are found by their index.
    assert sum(table in plan for plan in plans) == 1
    if any(index.name == "user_inactive" for index in model._meta.indexes):  # ours has it
        assert any("user_inactive" in plan for plan in plans), plans


def test_feed_that_cannot_be_read_is_believed_for_ten_seconds(
    alice: Any, poll: Callable[[int], None]
) -> None:
    """A database that restarts quickly costs nobody a request; then closed, then open again."""
    poll(1)
    pair = sign_in(alice)
    check(pair)

    with connection.execute_wrapper(broken_database):
        let_the_feed_age(9)
        check(pair)
        let_the_feed_age(2)
        with pytest.raises(Unavailable):
            check(pair)
    let_the_feed_age(2)

    check(pair)


@pytest.mark.parametrize("seconds", [5, 60])
def test_database_that_is_away_is_asked_once_a_poll(
    alice: Any, poll: Callable[[int], None], seconds: int
) -> None:
    """Whoever comes in between is refused at once, and does not ask it again."""
    poll(seconds)
    pair, asked = sign_in(alice), []
    check(pair)
    let_the_feed_age(11)

    def away(execute: Any, sql: str, *rest: Any) -> Any:
        asked.append(sql)
        raise OperationalError("the database is away")

    with connection.execute_wrapper(away):
        for cause in ("cannot be read", "too old", "too old"):
            with pytest.raises(Unavailable, match=cause):
                check(pair)

    assert len(asked) == 1


def test_reading_that_hangs_refuses_those_who_wait(
    alice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for the one that reads longer than a feed is believed."""
    pair = sign_in(alice)
    revocation.reset()
    monkeypatch.setattr(revocation, "STALE_SECONDS", 0.05)

    with revocation._lock, pytest.raises(Unavailable, match="for too long"):
        check(pair)


def test_feed_that_was_never_read_is_closed(alice: Any) -> None:
    """A process that starts without its database lets nobody in."""
    pair = sign_in(alice)
    revocation.reset()

    with connection.execute_wrapper(broken_database), pytest.raises(Unavailable):
        check(pair)

    check(pair)


def test_api_answers_503_while_the_feed_is_too_old(
    alice: Any, browser_client: BrowserClient
) -> None:
    """Closed to good tokens too, with the time to try again; no cookie is touched."""
    browser_client.sign_in(alice)
    assert browser_client.get("/probe").status_code == 200

    with connection.execute_wrapper(broken_database):
        let_the_feed_age(11)
        response = browser_client.get("/probe")
    let_the_feed_age(2)

    assert (response.status_code, response.json()["code"]) == (503, "unavailable")
    assert "Retry-After" in response
    assert not response.cookies
    assert browser_client.get("/probe").status_code == 200


def test_poll_of_zero_asks_the_database_on_every_request(
    alice: Any, poll: Callable[[int], None], django_assert_num_queries: Any
) -> None:
    """The strict mode needs no counter and no poll: one query, and the truth."""
    poll(0)
    pair = sign_in(alice)
    for _ in range(2):
        with django_assert_num_queries(1):
            check(pair)

    end_unannounced(pair)

    with pytest.raises(RevokedSession):
        check(pair)


@pytest.mark.parametrize(
    "change",
    [
        {"is_active": False},
        {"gatehouse_subject__ver": 2},
        {"gatehouse_subject__sub": "another"},
    ],
    ids=["inactive", "raised", "another user"],
)
def test_poll_of_zero_sees_every_change_of_the_user(
    alice: Any, poll: Callable[[int], None], change: dict[str, Any]
) -> None:
    """Also those that no signal announces."""
    poll(0)
    pair = sign_in(alice)
    check(pair)

    for path, value in change.items():
        part, _, column = path.rpartition("__")
        rows = Subject.objects.filter(user=alice) if part else subjects.rows().filter(pk=alice.pk)
        rows.update(**{column: value})

    with pytest.raises(RevokedSession):
        check(pair)


def test_poll_of_zero_without_a_database_is_closed(alice: Any, poll: Callable[[int], None]) -> None:
    """At once: there is no feed to believe."""
    poll(0)
    pair = sign_in(alice)

    with connection.execute_wrapper(broken_database), pytest.raises(Unavailable):
        check(pair)


def test_protected_request_in_the_steady_state_asks_no_database(
    alice: Any,
    browser_client: BrowserClient,
    poll: Callable[[int], None],
    django_assert_num_queries: Any,
) -> None:
    """Signature, expiry, revocation and confirmation all come from memory."""
    poll(3600)
    browser_client.sign_in(alice)
    browser_client.get("/probe")

    with django_assert_num_queries(0):
        response = browser_client.get("/probe")

    assert response.status_code == 200
    assert response.json()["id"] == subjects.of(alice).sub


def test_sign_out_refuses_the_next_request(alice: Any, browser_client: BrowserClient) -> None:
    """Through the pages' own endpoints, with a copy of the access cookie kept."""
    browser_client.sign_in(alice)
    copy = browser_client.cookies["__Host-Http-access_token"].value
    assert browser_client.get("/probe").status_code == 200

    browser_client.post("/auth/logout")
    browser_client.cookies["__Host-Http-access_token"] = copy

    assert browser_client.get("/probe").status_code == 401


def test_feed_is_read_once_a_poll_by_many_threads(alice: Any, poll: Callable[[int], None]) -> None:
    """When the poll is due one of them reads, the others go on with what they have."""
    poll(5)
    pair = sign_in(alice)
    check(pair)
    let_the_feed_age(6)
    reading, done = threading.Event(), threading.Event()

    def slow(execute: Any, sql: str, *rest: Any) -> Any:
        if f'FROM "{Session._meta.db_table}"' in sql:
            reading.set()
            done.wait(PATIENCE)
        return execute(sql, *rest)

    def one_that_reads() -> None:
        with connection.execute_wrapper(slow):
            check(pair)
        connection.close()

    thread = threading.Thread(target=one_that_reads)
    thread.start()
    reading.wait(PATIENCE)
    began = time.monotonic()
    check(pair)
    waited = time.monotonic() - began
    assert thread.is_alive()
    done.set()
    thread.join(PATIENCE)

    assert waited < PATIENCE / 2


def wait_for_threads_at_the_lock(wanted: int) -> None:
    """Until so many threads are inside `_catch_up`: one reads, the others wait for it."""
    deadline, found = time.monotonic() + PATIENCE, 0
    while found < wanted:
        assert time.monotonic() < deadline
        stacks = [walk_stack(top) for top in sys._current_frames().values()]
        found = sum(f.f_code.co_name == "_catch_up" for stack in stacks for f, _ in stack)
        time.sleep(0.01)


def test_process_that_was_idle_refuses_nobody(alice: Any) -> None:
    """Its feed is too old to be believed, and nothing is wrong: all wait for the one that reads."""
    pair, tries = sign_in(alice), []
    check(pair)
    let_the_feed_age(60)

    def slow(execute: Any, sql: str, *rest: Any) -> Any:
        if f'FROM "{Session._meta.db_table}"' in sql and not tries:
            tries.append(sql)
            wait_for_threads_at_the_lock(5)
        return execute(sql, *rest)

    def ask(_: int) -> None:
        try:
            with connection.execute_wrapper(slow):
                check(pair)
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(ask, range(5)))

    assert len(tries) == 1


def test_many_threads_wait_for_one_failing_reading_together(alice: Any) -> None:
    """A database that is away costs each of them one time limit, not one for each before it."""
    pair, tries = sign_in(alice), []
    revocation.reset()

    def broken(execute: Any, sql: str, *rest: Any) -> Any:
        if f'FROM "{Session._meta.db_table}"' in sql:
            tries.append(sql)
            wait_for_threads_at_the_lock(9)
            raise OperationalError("the database is away")
        return execute(sql, *rest)

    def ask(_: int) -> None:
        try:
            with connection.execute_wrapper(broken), pytest.raises(Unavailable):
                check(pair)
        finally:
            connection.close()

    with ThreadPoolExecutor(9) as pool:
        list(pool.map(ask, range(9)))

    assert len(tries) == 1


def test_feed_leaves_out_what_no_token_is_left_of(alice: Any) -> None:
    """A purge ends what expired long ago, a million at a time; none of it has to be carried."""
    sessions.start(alice, evidence=sessions.BY_PASSWORD, client="web", remember=True)
    Session.objects.update(idle_expires_at=Now() - timedelta(seconds=PERIOD + 1))
    sessions.end(Session.objects.all(), "expired")

    assert revocation.current().ended == frozenset()
