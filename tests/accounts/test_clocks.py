"""Clocks that differ: a server's from the database's, two servers', the database's from an hour ago."""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts import revocation, tokens
from accounts.errors import InvalidToken
from accounts.models import User
from tests.accounts.presenting import ACCESS
from tests.clients import BearerClient, BrowserClient
from tests.clock import SteeredClock, steered


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
        tokens.reset()
        if accepted:
            revocation.check(tokens.verify_access(program.tokens["access_token"]))
        else:
            with pytest.raises(InvalidToken):
                tokens.verify_access(program.tokens["access_token"])
