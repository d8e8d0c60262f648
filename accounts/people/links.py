"""One-time links: proof that whoever holds one can read an address's mail.

The token stands only in the mail, in the link's fragment, which browsers never send; here its
SHA-256 is stored. It lives 30 minutes by the database's clock, and one conditional UPDATE decides
who uses it. A link dies with what it was made for: by a new password, a new address, deactivation,
and with the session that asked for it (ASVS 5.0 6.4.3). Signing in is no reason: whoever knows the
old password could keep its owner from setting a new one.
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

from .. import subjects
from ..conf import LEEWAY_SECONDS, conf
from ..errors import ValidationFailed
from ..models import Session
from ..sessions.user_changes import hash_renewed
from ..signals import purging
from ..tokens.keys import b64
from .models import LinkToken

LIFE = timedelta(minutes=30)

# The page that each kind of link opens.
PAGES = {
    LinkToken.Kind.REGISTER: "/register/finish",
    LinkToken.Kind.RESET: "/password/reset",
    LinkToken.Kind.EMAIL: "/email/confirm",
    LinkToken.Kind.IDENTITY: "/login/link/confirm",
}


class DeadLink(ValidationFailed):
    """Unknown, used, expired or outdated: the answer does not say which."""

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
    """Return the whole address of a new link, for the reader of `email`'s mail.

    With `browser` it works only where that is known too: it is then half of the secret.
    """
    # After 43 random letters stands the address, for the page to show and for password managers.
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
    """Return the live link of this token, unused still. Raise DeadLink if it is none."""
    digest = _digest(token, browser)
    link = _live().select_related("user").filter(digest=digest, kind__in=kinds).first()
    if link is None:
        raise DeadLink("unknown, used or expired")
    if link.user is not None and not (link.user.is_active and link.made_for == _state(link.user)):
        raise DeadLink("outdated: the user has changed since")
    if link.session_id and not _asking(link).exists():
        raise DeadLink("the session that asked for it has ended")
    return link


def use(link: LinkToken) -> None:
    """Use a link that `find` returned, inside the transaction that does what it is for."""
    if link.user_id is not None:
        # Held until the end: no change of password or address slips in between.
        user = subjects.rows().select_for_update().get(pk=link.user_id)
        if link.made_for != _state(user):
            raise DeadLink("outdated")
    if link.session_id and not _asking(link).select_for_update():
        raise DeadLink("the session that asked for it has just ended")
    if not _live().filter(pk=link.pk).update(used_at=Now()):
        raise DeadLink("used a moment ago")


@receiver(hash_renewed)
def keep(sender: type, user: AbstractBaseUser, former: str, **kwargs: Any) -> None:
    """Let the user's links live on though the password is hashed in another way than `former`."""
    links = LinkToken.objects.filter(user_id=user.pk, made_for=_state(user, former))
    links.update(made_for=_state(user))


@receiver(purging)
def dead(sender: None, **kwargs: Any) -> tuple[str, QuerySet[LinkToken]]:
    """Return the links that have not worked for a day."""
    return "dead links", LinkToken.objects.filter(created_at__lt=Now() - timedelta(days=1))


def _live() -> QuerySet[LinkToken]:
    # Not from the future of a clock that has stepped back: they would live for longer.
    latest = Now() + timedelta(seconds=LEEWAY_SECONDS)
    return LinkToken.objects.filter(
        used_at=None, created_at__gt=Now() - LIFE, created_at__lte=latest
    )


def _asking(link: LinkToken) -> QuerySet[Session]:
    """The session that asked for this link, while it lives."""
    now = Now()
    return Session.objects.filter(
        id=link.session_id, ended_at=None, idle_expires_at__gt=now, absolute_expires_at__gt=now
    )


def _digest(token: str, browser: str) -> str:
    whole = f"{token}\0{browser}" if browser else token
    return hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest()


def _state(user: AbstractBaseUser, password: str = "") -> str:
    """Return what must not have changed when the link is used, as a keyed hash."""
    parts = "\0".join((password or user.password, user.get_username()))
    return salted_hmac("gatehouse.people.links", parts, algorithm="sha256").hexdigest()
