"""The session algorithm against an adversary, lost answers and time (DESIGN section 5)."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from .. import sessions, tokens
from ..errors import RefreshReused, SessionEnded
from ..models import Session
from ..sessions import session
from ..tokens.claims import Issued
from .clock import SteeredClock, steered
from .happenings import Happenings
from .session_machine import SessionMachine

pytestmark = [
    pytest.mark.django_db(transaction=True),
    # Hypothesis minds also when another thread draws a random number while it draws a story.
    pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies"),
]


@pytest.fixture
def clock(transactional_db: None) -> Iterator[SteeredClock]:
    with steered() as clock:
        yield clock
    session.confirmed.clear()


def sign_in(user: Any) -> Issued:
    return sessions.start(user, evidence=sessions.BY_PASSWORD, client="web", remember=True)


def refresh(pair: Issued) -> Issued:
    return sessions.rotate(pair.refresh, client="web")


def use(pair: Issued) -> None:
    claims = tokens.verify_access(pair.access)
    sessions.confirm(claims.sid, claims.gen)


def tell_stories(clock: SteeredClock, *, a_thief_is_about: bool) -> None:
    members = {"clock": clock, "a_thief_is_about": a_thief_is_about}
    run_state_machine_as_test(
        type("Stories", (SessionMachine,), members),
        settings=settings(
            max_examples=60,
            stateful_step_count=50,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_any_story_of_lost_answers_and_tabs_signs_nobody_out(clock: SteeredClock) -> None:
    """Whatever gets lost or overtakes, and however long they wait, the owner stays signed in."""
    tell_stories(clock, a_thief_is_about=False)


def test_any_story_with_a_thief_keeps_every_promise(clock: SteeredClock) -> None:
    """No sequence of theft, refresh, replay, end and waiting breaks a promise of the design."""
    tell_stories(clock, a_thief_is_about=True)


def test_previous_token_is_answered_for_a_window_after_its_successor_was_seen(
    clock: SteeredClock, alice: Any
) -> None:
    """A tab that asked long ago is still answered while the others have just got theirs."""
    old = sign_in(alice)
    clock.advance(300)
    new = refresh(old)
    clock.advance(9.9)
    use(new)
    clock.advance(9.9)

    assert refresh(old).session.generation == 2
    clock.advance(0.1)
    with pytest.raises(RefreshReused):
        refresh(old)


# What is not promised. Each of these says so in the documentation too.


def test_a_thief_who_refreshes_within_every_window_of_the_owner_is_not_caught(
    clock: SteeredClock, alice: Any
) -> None:
    """Two holders who always refresh within seconds of one another look like two tabs."""
    owner = thief = sign_in(alice)

    for _ in range(20):
        clock.advance(300)
        owner = refresh(owner)
        use(owner)
        clock.advance(9)
        thief = refresh(thief)
        use(thief)

    assert thief.session.generation == owner.session.generation == 21
    assert not Session.objects.exclude(ended_at=None).exists()


def test_a_thief_whose_victim_never_returns_is_not_caught(
    clock: SteeredClock, alice: Any, happened: Happenings
) -> None:
    """Rotation compares two holders; with one of them gone it ends at the absolute deadline."""
    thief = sign_in(alice)

    for _ in range(29):
        clock.advance(86_400)
        thief = refresh(thief)
        use(thief)

    assert not happened.of("refresh_reused")
    clock.advance(86_400)
    with pytest.raises(SessionEnded):
        refresh(thief)


def test_a_browser_that_crashed_and_came_back_with_its_older_cookie_is_signed_out(
    clock: SteeredClock, alice: Any, happened: Happenings
) -> None:
    """Browsers write cookies to disk up to 30 s late: the older one is a used-up one."""
    on_disk = sign_in(alice)
    clock.advance(300)
    use(refresh(on_disk))  # in the memory of a browser that then crashes
    clock.advance(30)

    with pytest.raises(RefreshReused):
        refresh(on_disk)

    assert Session.objects.get().end_reason == "reuse_detected"
    assert len(happened.of("refresh_reused")) == 1


def test_a_crashed_browser_that_returns_within_the_window_stays_signed_in(
    clock: SteeredClock, alice: Any
) -> None:
    """So the sign-out above is the window's doing and nothing else's."""
    on_disk = sign_in(alice)
    clock.advance(300)
    use(refresh(on_disk))
    clock.advance(9.9)

    assert refresh(on_disk).session.generation == 2


def test_answers_of_two_generations_that_overtake_one_another_sign_out(
    clock: SteeredClock, alice: Any
) -> None:
    """Two refreshes on either side of a window's edge, without the lock that our pages take."""
    jar = sign_in(alice)
    clock.advance(300)
    jar = refresh(jar)
    clock.advance(9.9)
    slow = refresh(jar)  # still generation 2, and long on its way
    clock.advance(0.2)
    use(refresh(jar))  # generation 3, and here before it
    jar = slow  # now the browser's cookie is the older one
    clock.advance(300)

    with pytest.raises(RefreshReused):
        refresh(jar)
