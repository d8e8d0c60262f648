"""Clocks that differ: a server's from the database's, two servers', the database's from an hour ago."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import F

from accounts import tokens
from accounts.credentials import budgets
from accounts.errors import InvalidToken, Throttled
from accounts.federation import protocol
from accounts.federation.handshake import Handshake, Pending, read, sign
from accounts.models import FailureCount, Session
from accounts.people import links
from accounts.people.models import LinkToken
from accounts.sessions import revocation
from accounts.tests.clock import SteeredClock, steered
from accounts.tests.presenting import ACCESS, REFRESH
from accounts.tokens import signing
from accounts.users.models import User
from tests.clients import BearerClient, BrowserClient


@pytest.fixture
def clock(transactional_db: None) -> Iterator[SteeredClock]:
    """Both clocks, in the hands of the test."""
    with steered() as found:
        yield found


# This server's clock, in seconds ahead of the database's.
APART = (-3600, -8, -6, -0.5, 0, 0.5, 6, 8, 3600)


@pytest.mark.parametrize("seconds", APART)
def test_sign_in_lasts_whatever_the_server_is_apart_from_its_database(
    clock: SteeredClock, alice: User, seconds: float
) -> None:
    """One clock dates tokens and checks them: in at once, for five minutes, and after a refresh."""
    clock.part(seconds)
    page, program = BrowserClient(), BearerClient()

    assert page.sign_in(alice).status_code == program.sign_in(alice).status_code == 200
    assert page.get("/api/me").status_code == program.get("/api/me").status_code == 200
    assert page.cookies[ACCESS]["max-age"] == program.tokens["expires_in"] == 300
    clock.advance(299)
    assert page.get("/api/me").status_code == 200
    clock.advance(10)
    assert page.get("/api/me").status_code == 401
    assert page.post("/auth/refresh").status_code == 200
    assert page.get("/api/me").status_code == 200


@pytest.mark.parametrize("seconds", [-3600, 3600])
def test_access_token_ends_with_its_session_by_either_clock(
    clock: SteeredClock, alice: User, settings: Any, seconds: float
) -> None:
    """The row's deadline is the database's; the token says the same moment by this server's."""
    settings.GATEHOUSE = settings.GATEHOUSE | {"IDLE_SECONDS": 100, "ABSOLUTE_SECONDS": 100}
    clock.part(seconds)
    program = BearerClient()

    program.sign_in(alice)

    assert program.tokens["expires_in"] == 100
    clock.advance(104)
    assert program.get("/api/me").status_code == 200
    clock.advance(2)
    assert program.get("/api/me").status_code == 401


@pytest.mark.parametrize("seconds", [-3600, -8, -3, -2, 0, 2, 3, 8, 3600])
def test_server_whose_clock_is_wrong_is_not_ready(
    clock: SteeredClock, log: Any, seconds: float
) -> None:
    """The log says by how much, the answer does not; and it is well again with its clock."""
    clock.part(seconds)

    answer = BrowserClient().get("/readyz")

    wrong = abs(seconds) > 2.5
    assert answer.status_code == (503 if wrong else 200)
    assert (f"this clock is {seconds:+.1f} s from the database" in log.getvalue()) is wrong
    assert "clock" not in answer.text
    clock.part(0)
    assert BrowserClient().get("/readyz").status_code == 200


def test_two_servers_that_are_ready_accept_each_others_tokens(
    clock: SteeredClock, alice: User
) -> None:
    """Each is at most 2.5 s from the database, so they are 5 s apart at most: the leeway."""
    for issues, checks, accepted in [(2.5, -2.5, True), (-2.5, 2.5, True), (8, 0, False)]:
        program = BearerClient()
        clock.part(issues)
        program.sign_in(alice)
        clock.part(checks)
        signing.reset()
        if accepted:
            revocation.check(tokens.verify_access(program.tokens["access_token"]))
        else:
            with pytest.raises(InvalidToken):
                tokens.verify_access(program.tokens["access_token"])


def test_purge_on_a_machine_whose_clock_is_days_ahead_keeps_counters(clock: SteeredClock) -> None:
    """What the database has dated is compared with the database's clock."""
    budgets.spend([budgets.Budget("sign-in e-mail", "alice@example.com", 3, 60)])
    clock.part(200_000)

    call_command("purge_sessions", verbosity=0)

    assert FailureCount.objects.count() == 1


HOUR = timedelta(hours=1)


def step_back(clock: SteeredClock) -> None:
    """The database's clock goes back by an hour, and this server's does not."""
    clock.now -= HOUR
    clock.part(HOUR.total_seconds())


def test_copied_token_earns_nothing_after_the_databases_clock_stepped_back(
    clock: SteeredClock, alice: User
) -> None:
    """It was in the window for an hour. It is reuse, as it is after any window."""
    owner, thief = BrowserClient(), BrowserClient()
    owner.sign_in(alice)
    thief.get("/auth/session")
    thief.cookies[REFRESH] = owner.cookies[REFRESH].value
    clock.advance(11)
    owner.post("/auth/refresh")
    owner.get("/api/me")  # confirms
    clock.advance(11)
    step_back(clock)

    assert thief.post("/auth/refresh").status_code == 401
    assert Session.objects.get().end_reason == "reuse_detected"


def test_owner_stays_signed_in_when_the_databases_clock_steps_back(
    clock: SteeredClock, alice: User
) -> None:
    """The newest token rotates, at once and again, and repeats as ever."""
    owner = BrowserClient()
    owner.sign_in(alice)
    clock.advance(11)
    owner.post("/auth/refresh")
    step_back(clock)

    assert owner.get("/api/me").status_code == 200
    assert owner.post("/auth/refresh").status_code == 200
    assert owner.get("/api/me").status_code == 200
    assert owner.post("/auth/refresh").status_code == 200
    clock.advance(400)
    assert owner.post("/auth/refresh").status_code == 200
    assert owner.get("/api/me").status_code == 200
    assert Session.objects.get().generation == 4


@pytest.mark.parametrize(("seconds", "status"), [(-301, 403), (-240, 204), (4, 204), (3600, 403)])
def test_step_up_counts_for_five_minutes_and_not_from_the_future(
    browser_client: BrowserClient, alice: User, seconds: int, status: int
) -> None:
    """`seconds` after now, as a row says it whose clock has stepped back since."""
    browser_client.sign_in(alice)
    moved = F("authenticated_at") + timedelta(seconds=seconds)
    Session.objects.update(authenticated_at=moved)

    answer = browser_client.post("/auth/logout-others")

    assert (answer.status_code, "reauthentication" in answer.content.decode()) == (
        status,
        status == 403,
    )


@pytest.mark.parametrize(("seconds", "lives"), [(-1700, True), (3, True), (60, False)])
def test_link_lives_for_half_an_hour_and_not_from_the_future(
    db: None, seconds: int, lives: bool
) -> None:
    """A mail that somebody kept must not be good for longer than it says."""
    token = links.make("register", "alice@example.com").partition("#token=")[2]
    LinkToken.objects.update(created_at=F("created_at") + timedelta(seconds=seconds))

    try:
        found = links.find(token, "register")
        links.use(found)
    except links.DeadLink:
        assert not lives
    else:
        assert lives


@pytest.mark.parametrize(
    ("seconds", "counts"), [(-61, False), (-50, True), (0, True), (4, True), (60, False)]
)
def test_budget_used_up_before_the_clock_stepped_back_locks_nobody_out(
    db: None, seconds: int, counts: bool
) -> None:
    """Otherwise ten minutes last for an hour and ten minutes."""
    budget = budgets.Budget("sign-in e-mail", "alice@example.com", 3, 60)
    for _ in range(3):
        budgets.spend([budget])
    FailureCount.objects.update(started_at=F("started_at") + seconds)

    for ask in (budgets.check, budgets.spend):
        if counts:
            with pytest.raises(Throttled) as refused:
                ask([budget])
            assert 1 <= int(refused.value.headers["Retry-After"]) <= 65
        else:
            ask([budget])

    assert FailureCount.objects.get().count == (3 if counts else 1)


def test_trip_from_the_future_is_none() -> None:
    """By the clock of servers, which may step back as well."""
    handshake = Handshake(next="/", began=Handshake(next="/").began + 60)
    waiting = Pending(
        issuer="i", subject="s", account="", email="e", remember=False, trip="t",
        began=handshake.began,
    )  # fmt: skip

    assert read(Handshake, sign(handshake)) is None
    assert read(Pending, sign(waiting)) is None
    assert read(Handshake, sign(Handshake(next="/"))) is not None


def test_sign_in_at_a_provider_after_it_said_so_is_no_fresh_one() -> None:
    """`auth_time` may not lie after `iat` of the same clock by more than a correction of it."""
    began = Handshake(next="/").began
    for ahead, fresh in ((0, True), (29, True), (31, False), (3600, False)):
        claims = {"iat": began, "auth_time": began + ahead}
        assert protocol.Proof("i", "s", claims, "").is_fresh(began) is fresh
