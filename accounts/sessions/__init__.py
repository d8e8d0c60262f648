"""Keep sessions: one row for each sign-in on a device. Nothing here knows HTTP.

Others use the names below, and `revocation.check`, which asks whether a token's session is live.
"""

from .rotation import refreshable, rotate
from .session import (
    confirm,
    database_now,
    end,
    end_all_of,
    find_live,
    reauthenticated,
    seconds_ahead,
    sign_out,
    start,
)

__all__ = [
    "confirm",
    "database_now",
    "end",
    "end_all_of",
    "find_live",
    "reauthenticated",
    "refreshable",
    "rotate",
    "seconds_ahead",
    "sign_out",
    "start",
]
