"""What a browser keeps for us between the password and the second factor.

There is no session yet. The HttpOnly cookie is signed and not encrypted, since nothing in it is a
secret from the browser's own user. It is good for five minutes, five tries and one sign-in, and for
as long as the person's password stays and their sessions are not ended.
"""

import secrets
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.core import signing
from django.dispatch import receiver
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.crypto import constant_time_compare, salted_hmac

from .. import signals, subjects
from ..conf import LEEWAY_SECONDS
from ..credentials import budgets
from ..errors import NotAuthenticated, Throttled
from ..evidence import Evidence
from ..web import cookies

SECONDS = 300
TRIES = 5
COOKIE = f"{cookies.PREFIX}sign_in"
cookies.GUARDED.add(COOKIE)
SALT = "gatehouse.factors.second_step"


@dataclass(frozen=True, kw_only=True)
class Step:
    """A sign-in that has proven too little. `state` changes with what it was proven for."""

    sub: str
    state: str
    evidence: list[dict[str, Any]]
    remember: bool
    id: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    began: float = field(default_factory=lambda: round(time.time(), 3))

    def user(self) -> Any:
        """Return whose step this is. Raise NotAuthenticated if they have changed since."""
        user = subjects.with_sub(self.sub)
        if user is None or not constant_time_compare(state_of(user), self.state):
            raise NotAuthenticated("the person has changed since the password step")
        return user

    def proven(self) -> list[Evidence]:
        """Return what was proven before."""
        return [Evidence(**{**one, "amr": tuple(one["amr"])}) for one in self.evidence]

    def count_try(self) -> None:
        """Raise NotAuthenticated after too many tries."""
        self._spend("tries of a second step", TRIES)

    def use(self) -> None:
        """Raise NotAuthenticated if the step was used before, perhaps in another tab."""
        self._spend("second step", 1)

    def _spend(self, name: str, limit: int) -> None:
        try:
            budgets.spend([budgets.Budget(name, self.id, limit, SECONDS + LEEWAY_SECONDS)])
        except Throttled as error:
            raise NotAuthenticated(f"used up: {name}") from error


@receiver(signals.interrupted)
def keep(
    sender: None,
    *,
    request: HttpRequest,
    response: HttpResponseBase,
    user: AbstractBaseUser,
    evidence: Sequence[Evidence],
    remember: bool,
    **kwargs: Any,
) -> None:
    """Set the cookie that remembers what was proven."""
    step = Step(
        sub=subjects.of(user).sub,
        state=state_of(user),
        evidence=[asdict(one) for one in evidence],
        remember=remember,
    )
    cookies.keep(response, COOKIE, signing.dumps(asdict(step), salt=SALT), SECONDS)
    signals.tell("second_factor_asked", request, user=user)


def read(request: HttpRequest) -> Step:
    """Return the step that this browser is at. Raise NotAuthenticated if it is at none."""
    text = cookies.read(request, COOKIE)
    try:
        step = Step(**signing.loads(text, salt=SALT, max_age=SECONDS))
    except (signing.BadSignature, TypeError) as error:
        raise NotAuthenticated("no password step, or too long ago") from error
    if step.began > time.time() + LEEWAY_SECONDS:
        # Made before the clock stepped back, it would be good for too long.
        raise NotAuthenticated("a password step from the future")
    return step


def drop(response: HttpResponseBase) -> None:
    """Delete the cookie."""
    cookies.drop(response, COOKIE)


def state_of(user: AbstractBaseUser) -> str:
    """Return a keyed hash of what must be the same when the second step is done."""
    parts = f"{user.password}\0{subjects.of(user).endings}"
    return salted_hmac(SALT, parts, algorithm="sha256").hexdigest()
