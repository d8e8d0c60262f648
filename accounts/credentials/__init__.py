"""Who is this, within which budget? Passwords are checked by Django's backends alone.

Others use the names below. `budgets` counts failures, and `hashing` limits how many passwords are
hashed at a time.
"""

from .verification import announce_sign_in, ask_backends, verify, verify_again

__all__ = ["announce_sign_in", "ask_backends", "verify", "verify_again"]
