"""Tell whoever listens what happened to whom, where from, and in which session.

The core tells and knows no listener: the event log (audit.events), the mails about events
(people.notices) and a project's own receivers hang on `happened`. They run inside the caller's
transaction, and one that fails fails the flow: what cannot be noted does not happen.
No detail holds a token, a password, a cookie or a hash.
"""

from typing import TYPE_CHECKING, Any

from django.dispatch import Signal
from django.http import HttpRequest

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

    from .models import Session

# Sent with what `tell` takes, by these names.
happened = Signal()

# Sent with `user` for a copy of all that is kept about a person (people.export). A listener
# returns its part of it, by name.
exporting = Signal()

# Sent by `purge_sessions`. A listener returns what it keeps in words, and a query of the rows that
# are of no use any more.
purging = Signal()

# What each kind means, in the words that people read. A part adds its own when it is installed.
KINDS = {
    "signed_in": "Signed in",
    "sign_in_failed": "A sign-in failed",
    "throttled": "Too many failed attempts",
    "signed_out": "Signed out",
    "session_ended": "A session was ended",
    "others_ended": "All other sessions were ended",
    "reauthenticated": "Confirmed again who it is",
    "reauthentication_failed": "A wrong password was entered again",
    "refresh_reused": "An older copy of a sign-in was used",
    "session_ahead": "A sign-in newer than the server knows was used",
    "csrf_failed": "A request from another site was refused",
    "rights_changed": "Rights were changed",
    "account_created": "The account was created",
    "password_changed": "The password was changed",
    "deactivated": "The account was deactivated",
    "reactivated": "The account was activated again",
    "deleted": "The account was deleted",
    "key_dropped": "A signing key was withdrawn",
}

# The kinds that somebody should look at.
ALARMS = {"refresh_reused", "session_ahead"}


def tell(
    kind: str,
    request: HttpRequest | None = None,
    *,
    user: "AbstractBaseUser | None" = None,
    session: "Session | None" = None,
    detail: dict[str, Any] | None = None,
    anonymous: bool = False,
) -> None:
    """Send `happened`. Raise KeyError for a kind without words, and what a listener raises.

    `anonymous` is for what a caller without a credential can repeat at will: a listener that
    stores it has to limit how often.
    """
    KINDS[kind]
    happened.send(
        None,
        kind=kind,
        request=request,
        user=user,
        session=session,
        detail=detail or {},
        anonymous=anonymous,
    )
