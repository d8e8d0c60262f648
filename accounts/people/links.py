"""Make, find and use one-time links: whoever uses one has read the mail of its address.

The token stands in the mail alone, in the link's fragment, which browsers never send. The table
holds its SHA-256. A link works for 30 minutes by the database's clock. One conditional UPDATE
decides who uses it.
A link stops working when what it was made for changes: by a new password, a new address,
deactivation, or the end of the session that asked for it (ASVS 5.0 6.4.3). Signing in does not
stop it. Otherwise somebody who knows the old password could keep the owner from setting a new one.
"""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.dispatch import receiver
from django.utils.crypto import salted_hmac
from rest_framework import serializers

from .. import subjects
from ..conf import LEEWAY_SECONDS, conf
from ..errors import ValidationFailed
from ..models import Session
from ..sessions.user_changes import hash_renewed
from ..signals import purging
from ..tokens.keys import b64
from ..users.spelling import LONGEST_EMAIL
from ..web.bodies import Body
from .bodies import Address
from .models import LinkToken

LIFE = timedelta(minutes=30)

# The page that each kind of link opens.
PAGES = {
    LinkToken.Kind.REGISTER: "/register/finish",
    LinkToken.Kind.RESET: "/password/reset",
    LinkToken.Kind.EMAIL: "/email/confirm",
    LinkToken.Kind.IDENTITY: "/login/link/confirm",
}


class AddressBody(Body):
    """Asks for a link to this address."""

    email = Address()


class TokenField(serializers.CharField):
    """Take the token of a link that was mailed."""

    # 43 random letters and an address in base64url, each of whose characters may take four bytes.
    LONGEST = 43 + LONGEST_EMAIL * 4 * 4 // 3 + 1

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=self.LONGEST, **kwargs)


class DeadLink(ValidationFailed):
    """Raised for a link that is unknown, used, expired or outdated. No answer says which."""

    def __init__(self, cause: str = "") -> None:
        text = "This link has expired or was used already. Ask for a new one."
        super().__init__(cause, errors={"token": [text]})


def make(
    kind: str,
    email: str,
    *,
    user: AbstractBaseUser | None = None,
    name: str = "",
    session_id: str = "",
    browser: str = "",
) -> str:
    """Return the whole address of a new link, to be mailed to `email`.

    With `browser` the link works only together with that text, which is then half of the secret.
    """
    # The address follows the 43 random letters: the page shows it, and password managers use it.
    token = secrets.token_urlsafe(32) + b64(email.encode())
    LinkToken.objects.create(
        digest=_digest(token, browser),
        kind=kind,
        email=email,
        name=name,
        user=user,  # type: ignore[misc]  # the stubs know this site's users alone
        session_id=session_id,
        made_for=_state(user) if user else "",
    )
    page = PAGES[LinkToken.Kind(kind)]
    return f"{conf.issuer}{page}#token={token}"


def find(token: str, *kinds: str, browser: str = "") -> LinkToken:
    """Return the link of this token. Raise DeadLink if it does not work (any more)."""
    digest = _digest(token, browser)
    link = _live().select_related("user").filter(digest=digest, kind__in=kinds).first()
    if link is None:
        raise DeadLink("unknown, used or expired")
    if link.user is not None and not (link.user.is_active and link.made_for == _state(link.user)):
        raise DeadLink("outdated: the user has changed since")
    if link.session_id and not _asking_session(link).exists():
        raise DeadLink("the session that asked for it has ended")
    return link


def use(link: LinkToken) -> None:
    """Mark a link as used, inside the transaction that does what the link is for.

    Raise DeadLink if it has stopped working since `find` returned it.
    """
    if link.user_id is not None:
        # Locked until the transaction ends, so that password and address stay as they are.
        user = subjects.rows().select_for_update().get(pk=link.user_id)
        if link.made_for != _state(user):
            raise DeadLink("outdated")
    if link.session_id and not _asking_session(link).select_for_update():
        raise DeadLink("the session that asked for it has just ended")
    if not _live().filter(pk=link.pk).update(used_at=Now()):
        raise DeadLink("used a moment ago")


@receiver(hash_renewed)
def keep_working(sender: type, user: AbstractBaseUser, former: str, **kwargs: Any) -> None:
    """Keep the user's links working when the same password gets another hash than `former`."""
    links = LinkToken.objects.filter(user_id=user.pk, made_for=_state(user, former))
    links.update(made_for=_state(user))


@receiver(purging)
def dead(sender: None, **kwargs: Any) -> tuple[str, QuerySet[LinkToken]]:
    """Return the links that have not worked for a day."""
    return "dead links", LinkToken.objects.filter(created_at__lt=Now() - timedelta(days=1))


def _live() -> QuerySet[LinkToken]:
    """Return the links that are neither used nor expired."""
    # A link from the future, made before the clock stepped back, would work for too long.
    latest = Now() + timedelta(seconds=LEEWAY_SECONDS)
    return LinkToken.objects.filter(
        used_at=None, created_at__gt=Now() - LIFE, created_at__lte=latest
    )


def _asking_session(link: LinkToken) -> QuerySet[Session]:
    """Return the session that asked for this link, if it is still live."""
    now = Now()
    return Session.objects.filter(
        id=link.session_id, ended_at=None, idle_expires_at__gt=now, absolute_expires_at__gt=now
    )


def _digest(token: str, browser: str) -> str:
    """Return what is stored of a token."""
    whole = f"{token}\0{browser}" if browser else token
    return hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest()


def _state(user: AbstractBaseUser, password: str = "") -> str:
    """Return a keyed hash of what must be the same when the link is used."""
    parts = "\0".join((password or user.password, user.get_username()))
    return salted_hmac("gatehouse.people.links", parts, algorithm="sha256").hexdigest()
