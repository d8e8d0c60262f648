"""The verdict on a refresh token, for every kind of generation, row and moment."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from ..models import Session
from ..sessions.judgement import Verdict, judge

NOW = datetime(2031, 5, 4, 3, 2, 1, tzinfo=UTC)
LATER, NEVER = timedelta(days=365), None
# On either side of the window's edge, which itself is outside; and a clock that stepped back, by
# a little or by hours.
IN = (-5.0, -1.0, 0.0, 9.999999)
OUT = (10.0, 10.000001, 86_400.0, -5.000001, -3600.0)
SECONDS = IN + OUT

A, R, P, X = Verdict.ANSWER, Verdict.ROTATE, Verdict.ROTATE_PAST, Verdict.REUSE


def verdict(generation: int, rotated: float, confirmed: float | None, previous: int = 4) -> Verdict:
    """On a row of generation 6 (after a rotation past 5), that many seconds after each."""
    session = Session(generation=6, previous_generation=previous)
    session.rotated_at = NOW - timedelta(seconds=rotated)
    session.confirmed_at = None if confirmed is None else NOW - timedelta(seconds=confirmed)
    return judge(session, generation, NOW)


@pytest.mark.parametrize("generation", [7, 8, 1000])
@pytest.mark.parametrize("rotated", SECONDS)
@pytest.mark.parametrize("confirmed", [None, 0.0, 86_400.0])
def test_newer_generation_is_ahead(
    generation: int, rotated: float, confirmed: float | None
) -> None:
    """Whatever the moment: the row was restored from a backup."""
    assert verdict(generation, rotated, confirmed) is Verdict.AHEAD


@pytest.mark.parametrize("confirmed", [None, *SECONDS])
@pytest.mark.parametrize(("rotated", "expected"), [*((s, A) for s in IN), *((s, R) for s in OUT)])
def test_current_generation_is_repeated_in_the_window_and_rotated_after_it(
    rotated: float, expected: Verdict, confirmed: float | None
) -> None:
    """Counted from the rotation alone: a confirmation does not hold the next one up."""
    assert verdict(6, rotated, confirmed) is expected


@pytest.mark.parametrize(
    ("rotated", "confirmed", "expected"),
    [
        *((rotated, None, A) for rotated in IN),
        *((rotated, None, P) for rotated in OUT),
        *((rotated, confirmed, A) for rotated, confirmed in product(IN, SECONDS)),
        *((rotated, confirmed, A) for rotated, confirmed in product(OUT, IN)),
        *((rotated, confirmed, X) for rotated, confirmed in product(OUT, OUT)),
    ],
)
def test_previous_generation_is_judged_by_the_later_of_rotation_and_confirmation(
    rotated: float, confirmed: float | None, expected: Verdict
) -> None:
    """Answered in the window; after it rotated past while unconfirmed, and reuse once confirmed."""
    assert verdict(4, rotated, confirmed) is expected


@pytest.mark.parametrize("generation", [0, 1, 2, 3, 5])
@pytest.mark.parametrize("rotated", SECONDS)
@pytest.mark.parametrize("confirmed", [None, *SECONDS])
def test_any_other_older_generation_is_reuse(
    generation: int, rotated: float, confirmed: float | None
) -> None:
    """At any moment, also within the window, and also the one (5) that was rotated past."""
    assert verdict(generation, rotated, confirmed) is X


@pytest.mark.parametrize("seconds", SECONDS)
def test_first_generation_has_no_previous_one(seconds: float) -> None:
    """A fresh row names generation 0 as previous, which nobody was ever given: never a token."""
    session = Session(generation=1, rotated_at=NOW - timedelta(seconds=seconds))

    assert judge(session, 2, NOW) is Verdict.AHEAD
    assert judge(session, 1, NOW) is (A if seconds in IN else R)


@pytest.mark.parametrize(
    ("generation", "confirmed", "expected"), [(6, None, R), (4, None, P), (4, 0.0, X)]
)
def test_without_a_grace_window_nothing_is_repeated(
    settings: pytest.FixtureRequest, generation: int, confirmed: float | None, expected: Verdict
) -> None:
    """GRACE 0 rotates on every refresh and forgives no confirmed predecessor."""
    settings.GATEHOUSE = {**settings.GATEHOUSE, "GRACE_SECONDS": 0}

    assert verdict(generation, 0.0, confirmed) is expected
    assert verdict(generation, -1.0, None if confirmed is None else -1.0) is expected


@pytest.mark.parametrize("grace", [1, 3, 60])
def test_step_back_is_in_no_window_that_is_shorter(
    settings: pytest.FixtureRequest, grace: int
) -> None:
    """What is forgiven to clocks is 5 seconds, and never more than the window."""
    settings.GATEHOUSE = {**settings.GATEHOUSE, "GRACE_SECONDS": grace}

    assert verdict(4, -min(grace, 5), 0.0) is A
    assert verdict(4, -min(grace, 5) - 0.001, 3600.0) is X
