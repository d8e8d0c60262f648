"""Decide what a refresh token is worth (RFC 9700 section 4.14.2). No query, no token, no request.

Each rotation gives the session a new generation, and a refresh token carries the one that it was
issued for. The *window* is the grace time from the later of the rotation and its confirmation: the
moment at which an access token of the new generation first arrived.
"""

from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol

from ..conf import LEEWAY_SECONDS, conf


class Verdict(Enum):
    """What a refresh token of some generation deserves."""

    ANSWER = "answer with the current generation"
    ROTATE = "rotate"
    ROTATE_PAST = "rotate past a generation whose answer was lost"
    REUSE = "an older copy is in use"
    AHEAD = "newer than the row: a restored database"


class Row(Protocol):
    """What of a session's row the verdict depends on."""

    generation: int
    previous_generation: int
    rotated_at: datetime
    confirmed_at: datetime | None


def judge(row: Row, generation: int, now: datetime) -> Verdict:
    """Return the verdict on a refresh token of `generation`, from the row and the time alone."""
    if generation > row.generation:
        return Verdict.AHEAD
    if generation == row.generation:
        return Verdict.ANSWER if is_recent(row.rotated_at, now) else Verdict.ROTATE
    if generation == row.previous_generation:
        if is_recent(row.rotated_at, now) or is_recent(row.confirmed_at, now):
            return Verdict.ANSWER
        if row.confirmed_at is None:
            return Verdict.ROTATE_PAST
    return Verdict.REUSE


def is_recent(moment: datetime | None, now: datetime) -> bool:
    """Return whether that was within the grace time.

    A moment in the future is not recent: the database's clock has stepped back, and a copied token
    would be answered until the clock is there again. Small steps are allowed, since they are
    ordinary corrections of a clock.
    """
    if moment is None:
        return False
    grace = timedelta(seconds=conf.grace_seconds)
    return -min(grace, timedelta(seconds=LEEWAY_SECONDS)) <= now - moment < grace
