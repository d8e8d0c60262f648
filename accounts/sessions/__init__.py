"""Keep sessions: one row for each sign-in on a device. Nothing here knows HTTP.

Others use the names below, and `revocation.check`, which asks whether a token's session is live.
"""

from ..evidence import BY_PASSWORD
from .rotation import refreshable, rotate
from .session import (
    bind,
    confirm,
    database_now,
    end,
    end_all_of,
    find_live,
    forget_second_factors,
    forget_step_ups,
    is_live,
    reauthenticated,
    recent,
    require,
    require_again,
    require_key,
    require_key_now,
    sign_out,
    start,
)

__all__ = [
    "BY_PASSWORD",
    "bind",
    "confirm",
    "database_now",
    "end",
    "end_all_of",
    "find_live",
    "forget_second_factors",
    "forget_step_ups",
    "is_live",
    "reauthenticated",
    "recent",
    "refreshable",
    "require",
    "require_again",
    "require_key",
    "require_key_now",
    "rotate",
    "sign_out",
    "start",
]
