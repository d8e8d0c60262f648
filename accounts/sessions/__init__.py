"""A session: one row for each sign-in on a device. Nothing here knows HTTP.

Others use the names below, and `revocation.check`, which asks whether a token's session is live.
"""

from .session import confirm, end, end_all_of, reauthenticated, rotate, start

__all__ = ["confirm", "end", "end_all_of", "reauthenticated", "rotate", "start"]
