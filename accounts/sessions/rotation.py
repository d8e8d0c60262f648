"""What a refresh token of some generation deserves: the heart of rotation, as a pure function.

Serves step 8 (RFC 9700 section 4.14.2). The *window* is the grace time from the later of the
rotation and its confirmation; DECISIONS.md has the reasons.
"""

from datetime import datetime, timedelta
from enum import Enum

from ..conf import LEEWAY_SECONDS, conf
from ..models import Session


class Verdict(Enum):
    """What a refresh token of some generation deserves."""

    ANSWER = "answer with the current generation"
    ROTATE = "rotate"
    ROTATE_PAST = "rotate past a generation whose answer was lost"
    REUSE = "an older copy is in use"
    AHEAD = "newer than the row: a restored database"


def judge(session: Session, generation: int, now: datetime) -> Verdict:
    """The verdict on a refresh token of `generation`, from the row and the clock alone."""
    if generation > session.generation:
        return Verdict.AHEAD
    if generation == session.generation:
        return Verdict.ANSWER if is_recent(session.rotated_at, now) else Verdict.ROTATE
    if generation == session.previous_generation:
        if is_recent(session.rotated_at, now) or is_recent(session.confirmed_at, now):
            return Verdict.ANSWER
        if session.confirmed_at is None:
            return Verdict.ROTATE_PAST
    return Verdict.REUSE


def is_recent(moment: datetime | None, now: datetime) -> bool:
    """Whether that was within the grace time.

    Not if it is still to come: the database's clock has stepped back, and a copied token would be
    answered until the clock is there again. Small steps are allowed, as corrections of clocks are.
    """
    if moment is None:
        return False
    grace = timedelta(seconds=conf.grace_seconds)
    return -min(grace, timedelta(seconds=LEEWAY_SECONDS)) <= now - moment < grace
