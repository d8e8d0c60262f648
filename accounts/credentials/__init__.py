"""Check who somebody is, within budgets for failures. Django's backends check the passwords.

Others use the names below. `budgets` counts failures.
"""

from .verification import hashing_slot, prove, verify, verify_again

__all__ = ["hashing_slot", "prove", "verify", "verify_again"]
