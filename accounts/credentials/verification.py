"""Check credentials by Django's authentication backends.

Budgets are checked before a password is hashed, and hashing is limited (credentials.hashing).
"""

from typing import Any

from django.contrib.auth import authenticate
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from .. import signals, subjects
from ..errors import InvalidCredentials
from ..evidence import Evidence
from . import budgets, hashing

# What a body may hold beside a password.
FACTORS = ("code", "recovery_code", "credential")

# No password is longer: hashing must not cost what the sender chose.
LONGEST_PASSWORD = 1024


def verify(request: HttpRequest, name: str, password: str, failure: str = "sign_in_failed") -> Any:
    """Return the user of these credentials. Raise InvalidCredentials, Throttled or Unavailable.

    `name` is what people of this user model sign in by (`USERNAME_FIELD`), as it was typed.
    `failure` is the kind of event that wrong ones become. Unknown, wrong and inactive cost the
    same time and get the same answer: Django's backend hashes equally often for each of them.
    """
    limits = budgets.sign_in_budgets(request, name)
    budgets.check(limits)
    with hashing.hashing_slot():
        # Reserve the budget only once it is our turn to hash, so that at most one attempt of this
        # process is reserved and undecided.
        used_up = budgets.spend(limits)
        user = ask_backends(request, subjects.normalised(name), password)
    if user is not None:
        budgets.give_back(limits)
        return user
    known = subjects.find(name)
    signals.tell(failure, request, user=known)
    if used_up:
        # Once per window, not once per refusal that follows.
        signals.tell("throttled", request, user=known, detail={"budgets": used_up})
    raise InvalidCredentials


def ask_backends(request: HttpRequest, name: str, password: str) -> AbstractBaseUser | None:
    """Return the user whom one of Django's backends knows by this password, or None.

    The password is tried composed, as this package sets it. Where something else was typed, that
    is tried too: for hashes that were made elsewhere, and for directories. How often depends on
    what was typed alone, so the time tells nothing about the account.
    """
    for text in dict.fromkeys((subjects.composed(password), password)):
        user = authenticate(request, username=name, password=text)
        if user is not None:
            return user
    return None


def verify_again(
    request: HttpRequest,
    user: AbstractBaseUser,
    password: str,
    failure: str = "reauthentication_failed",
) -> Any:
    """Return the user as `verify` does if this is their password. Raise what `verify` raises.

    A backend may find somebody else by the name, or the name may have changed hands a moment ago.
    Another person's password confirms nothing.
    """
    found = verify(request, user.get_username(), password, failure)
    if found.pk != user.pk:
        signals.tell(failure, request, user=user)
        raise InvalidCredentials("the credentials are somebody else's")
    return found


def prove(request: HttpRequest, user: AbstractBaseUser, given: dict[str, Any]) -> list[Evidence]:
    """Return what this person proves with what is given beside a password: nothing if nothing is.

    Raise InvalidCredentials if something given is wrong or no part knows it, and Throttled.
    """
    factors = {name: given[name] for name in FACTORS if name in given}
    if not factors:
        return []
    answers: list[tuple[Any, Any]] = signals.proving.send(
        None, request=request, user=user, given=factors
    )
    found: list[Evidence] = [evidence for _, evidence in answers if evidence is not None]
    if not found:
        raise InvalidCredentials("no part knows this factor")
    return found
