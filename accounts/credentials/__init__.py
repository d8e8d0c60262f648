"""Check who somebody is, within budgets for failures. Django's backends check the passwords.

Others use the names below. `budgets` counts failures, and `hashing` limits how many passwords are
hashed at a time.
"""

from .verification import prove, verify, verify_again

__all__ = ["prove", "verify", "verify_again"]
