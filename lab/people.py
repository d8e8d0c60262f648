"""The lab's people: one for each bench, who can sign in on lab hosts and nowhere else.

Their rows in the user table have no usable password, so the app refuses them; on lab hosts this
backend alone decides, so the app's people are refused there.
"""

from functools import cache
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.hashers import check_password, make_password
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from accounts import sessions, subjects
from accounts.audit.models import SecurityEvent
from accounts.conf import conf
from accounts.models import Session, opaque_id
from accounts.users.models import User
from lab import jar
from lab.models import Bench

# Shown on the page: it opens nothing but this browser's own bench.
PASSWORD = "alice leaves her keys in the lab"  # noqa: S105
DOMAIN = "lab.invalid"


class LabPeople(ModelBackend):
    """Real hashing, as for everyone, against the hash that the bench keeps. Off lab hosts it has no
    opinion; all but `authenticate` is Django's."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        if conf.cookie_mark != jar.MARK:
            return None
        user = User.objects.filter(email=username).first()
        bench = Bench.objects.filter(person_sub=subjects.of(user).sub).first() if user else None
        # A hash is computed for unknown people too: both answers take the same time.
        if check_password(password or "", bench.password if bench else hashed()) and bench:
            return user
        raise PermissionDenied  # no other backend is asked


@cache
def hashed() -> str:
    """The hash of PASSWORD, made once in each process: hashing takes its time by design."""
    return make_password(PASSWORD)


def create() -> User:
    """A new person, unknown to every other bench."""
    user = User(email=f"alice-{opaque_id()[:10].lower()}@{DOMAIN}", name="Alice")
    user.set_unusable_password()
    user.save()
    return user


def delete(sub: str) -> None:
    """Her sessions end first, for the revocation feed; then she and her traces go."""
    user = subjects.with_sub(sub)
    if user is None or not user.email.endswith(f"@{DOMAIN}"):
        return
    sessions.end(Session.objects.filter(user=user), "lab_over")
    SecurityEvent.objects.filter(user=user).delete()
    user.delete()
