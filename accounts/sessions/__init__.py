"""Keep sessions: one row for each sign-in on a device. Nothing here knows HTTP.

Others use the names below, and `revocation.check`, which asks whether a token's session is live.
"""

from ..evidence import BY_PASSWORD
from .possession import bind, check_key, require_key
from .rotation import refreshable, rotate
from .session import (
    confirm,
    database_now,
    end,
    end_all_of,
    find_live,
    forget_second_factors,
    forget_step_ups,
    reauthenticated,
    recent,
    require,
    require_again,
    sign_out,
    start,
    why_not_live,
)

__all__ = [
    "BY_PASSWORD",
    "bind",
    "check_key",
    "confirm",
    "database_now",
    "end",
    "end_all_of",
    "find_live",
    "forget_second_factors",
    "forget_step_ups",
    "reauthenticated",
    "recent",
    "refreshable",
    "require",
    "require_again",
    "require_key",
    "rotate",
    "sign_out",
    "start",
    "why_not_live",
]
