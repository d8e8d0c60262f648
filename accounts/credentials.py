"""Step 2: are these credentials good? Asked of Django's authentication backends.

Budgets come before the password is hashed, and hashing is bounded (accounts.hashing).
"""

from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest

from accounts import hashing, signals, throttling
from accounts.errors import InvalidCredentials
from accounts.models import User
from accounts.spelling import canonical_email, composed


def verify(
    request: HttpRequest, email: str, password: str, failure: str = "sign_in_failed"
) -> User:
    """Return the user of these credentials. Raise InvalidCredentials, Throttled or Unavailable.

    `failure` is the kind of event that wrong ones become. Unknown, wrong and inactive cost the
    same time and get the same answer: Django's backend hashes equally often for each of them.
    """
    email = canonical_email(email)
    budgets = throttling.sign_in_budgets(request, email)
    throttling.check(budgets)
    with hashing.room():
        # Reserved here, not before the wait: of this process one attempt at most is in doubt.
        used_up = throttling.spend(budgets)
        user = ask_backends(request, email, password)
    if user is not None:
        throttling.give_back(budgets)
        return user
    known = User.objects.filter(email=email).first()
    signals.tell(failure, request, user=known)
    if used_up:
        # Once for each window, not for each refusal that follows.
        signals.tell("throttled", request, user=known, detail={"budgets": used_up})
    raise InvalidCredentials


def ask_backends(request: HttpRequest, email: str, password: str) -> User | None:
    """Return the user whom one of Django's backends knows by this password, or None.

    The password is tried composed, as this package sets it. Where something else was typed, that
    is tried too: for hashes that were made elsewhere, and for directories. How often depends on
    what was typed alone, so the time tells nothing about the account.
    """
    for text in dict.fromkeys((composed(password), password)):
        user = authenticate(request, username=email, password=text)
        if isinstance(user, User):
            return user
    return None


def verify_again(
    request: HttpRequest, user: User, password: str, failure: str = "reauthentication_failed"
) -> User:
    """The same user, if it is their password; otherwise as `verify`.

    A backend may find somebody else by the address, or the address may just have changed hands:
    another's password confirms nothing.
    """
    found = verify(request, user.email, password, failure)
    if found.pk != user.pk:
        signals.tell(failure, request, user=user)
        raise InvalidCredentials("the credentials are somebody else's")
    return found


def hold(user: User) -> None:
    """Lock the user's row until the transaction ends; InvalidCredentials if the user is no longer
    as they were when their credentials were checked."""
    unchanged = User.objects.filter(pk=user.pk, password=user.password, is_active=True)
    if not unchanged.select_for_update().exists():
        raise InvalidCredentials("the user changed while the credentials were checked")


def announce_sign_in(request: HttpRequest, user: User) -> None:
    """Send Django's own signal, which sets last_login."""
    user_logged_in.send(User, request=request, user=user)
