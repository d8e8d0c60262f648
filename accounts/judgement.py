"""What a refresh token of some generation deserves: the heart of rotation, as a pure function.

Serves step 8 (RFC 9700 section 4.14.2). The *window* is the grace time from the later of the
rotation and its confirmation; DECISIONS.md has the reasons.
"""

from datetime import datetime, timedelta
from enum import Enum

from accounts.conf import conf
from accounts.models import Session
from accounts.watching import watched


class Verdict(Enum):
    """What a refresh token of some generation deserves."""

    ANSWER = "answer with the current generation"
    ROTATE = "rotate"
    ROTATE_PAST = "rotate past a generation whose answer was lost"
    REUSE = "an older copy is in use"
    AHEAD = "newer than the row: a restored database"


@watched
def judge(session: Session, generation: int, now: datetime) -> Verdict:
    """The verdict on a refresh token of `generation`, from the row and the clock alone."""
    grace = timedelta(seconds=conf.grace_seconds)
    if generation > session.generation:
        return Verdict.AHEAD
    if generation == session.generation:
        fresh = now - session.rotated_at < grace
        return Verdict.ANSWER if fresh else Verdict.ROTATE
    if generation == session.previous_generation:
        if now - max(session.rotated_at, session.confirmed_at or session.rotated_at) < grace:
            return Verdict.ANSWER
        if session.confirmed_at is None:
            return Verdict.ROTATE_PAST
    return Verdict.REUSE
