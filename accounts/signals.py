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

# Sent with `user` for a copy of all that is kept about a person (people.profile). A listener
# returns its part of it, by name.
exporting = Signal()

# Sent by `purge_sessions`. A listener returns what it keeps in words, and a query of the rows that
# are of no use any more.
purging = Signal()

# Sent by `sessions.require` with `user` and `evidence`, before a session starts and at each
# step-up. A listener returns the names of what the person could still prove, if the evidence is not
# enough for them, and nothing otherwise. It may also raise what refuses (federation.matching: an
# identity that is gone). accounts.factors asks here for a second factor.
lacking = Signal()

# Sent by `credentials.prove` with `request`, `user` and `given`, a body with one of FACTORS. A
# listener returns the evidence, or nothing if it knows none of what is given. It raises
# InvalidCredentials and Throttled. accounts.factors checks codes and passkeys here, for the sign-in
# of programs, the linking of identities and step-up.
proving = Signal()

# Sent by `web.authentication` with `token`, a Bearer token that is no JWT. A listener returns the
# principal, or nothing if it does not know the token, which is then a bad one. It may raise
# InvalidToken for one that was good once. accounts.programs knows personal access tokens.
recognising = Signal()

# Sent with `request`, `client` and `starting`. A listener returns the thumbprint of the key that a
# new session is bound to, or nothing. It raises what refuses a bad proof. `sessions.start` asks
# with `starting`, and the proof is used up. Before a password is hashed it is asked without.
# accounts.binding binds the sessions of programs here.
binding = Signal()

# Sent with `request`, `session_id`, `jkt`, `token` and `client` before an access token that names a
# key (`cnf`, RFC 7800), or comes under another scheme than Bearer (DPoP, RFC 9449), counts for
# anything, and before the refresh of a bound session (`token` is empty, and `client` says whose
# session it is). A listener raises DeviceProofRequired, InvalidProof or InvalidToken unless the
# request proves possession of the key. Without the part that listens, or while it is switched off,
# tokens count without a proof. accounts.binding listens.
holding = Signal()

# Sent with `request`, `session_id` and `jkt` where a bound session asks for a step-up. A listener
# raises what refuses, or asks first, until the device has proven possession of the key for this
# very request. accounts.binding listens.
holding_now = Signal()

# Sent by `web.cookies.set_tokens` with `response` and `issued`. A listener may add to an answer
# that hands a browser its tokens (accounts.binding offers to bind a new session).
handing_out = Signal()

# Sent by `web.views.public` for the metadata of this server (RFC 8414). A listener returns members
# of it by name, or nothing. accounts.binding names the algorithms of DPoP.
describing = Signal()

# Sent by `sessions.end_all_of` with `user` (None: everybody), `reason` and `keep`, the id of the
# session that stays, in the transaction that ends the others. A listener ends what else of theirs
# opens the API (accounts.programs).
ending_all = Signal()

# Sent by `sessions.rotate` with `verdict`, what an authentic refresh token of a live session has
# deserved: the name of a Verdict (sessions.judgement). One that fails costs nobody a refresh.
# accounts.metrics counts them.
refreshed = Signal()

# Sent by each way in for browsers with `request`, `response`, `user`, `evidence` and `remember`,
# where a browser has proven too little. A listener may keep in a cookie what was proven, for
# whoever goes on (accounts.factors).
interrupted = Signal()

# What each kind means, in the words that people read. A part adds its own when it is installed.
KINDS = {
    "signed_in": "Signed in",
    "sign_in_failed": "A sign-in failed",
    "second_factor_asked": "The password was right, and a second factor was asked for",
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

# What a mail to its owner says about each of these kinds, besides when and where from. A part that
# knows no mails adds its own (people.notices sends them).
MAILED: dict[str, str] = {}

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
