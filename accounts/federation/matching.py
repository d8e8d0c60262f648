"""Whose account an identity at the provider belongs to.

Keyed by issuer and subject, which the provider never gives to anybody else; an e-mail address may
change hands. So an address never decides by itself. One that the provider has verified makes a new
account where there is none. Where there is one, its password must be entered. Where there is no
password, or nobody has verified the address, a mailed link proves that the address is the person's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.dispatch import receiver
from django.http import HttpRequest

from .. import sessions, signals, subjects
from ..conf import conf
from ..errors import InvalidCredentials
from ..models import Session
from ..people import letters, links
from ..people.links import DeadLink
from ..people.models import LinkToken
from ..spelling import as_one_line, mailable
from ..users.models import User
from . import handshake, mails, protocol
from .handshake import Pending
from .models import Identity
from .protocol import Proof, SignInError


@receiver(signals.exporting)
def exported(sender: None, user: User, **kwargs: Any) -> dict[str, Any]:
    """Return a person's identities, for the copy of all their data."""
    found = Identity.objects.filter(user=user).values("issuer", "subject", "created_at")
    return {"identities": list(found)}


@dataclass(frozen=True)
class Profile:
    """What the provider says about a person, as far as an account needs it."""

    email: str
    name: str
    verified: bool = True


def owner(issuer: str, subject: str) -> User | None:
    """Return the user of that identity, if it is known."""
    found = Identity.objects.select_related("user").filter(issuer=issuer, subject=subject).first()
    return found.user if found else None


def profile(proof: Proof) -> Profile:
    """Return the person behind a new identity. Raise SignInError if there is no usable address.

    Some providers say all of it in the ID token, others at their userinfo endpoint. An address and
    the word that it is verified are taken from the same place, since they belong together.
    """
    told = proof.claims
    if not told.get("email") or (told.get("email_verified") is None and not conf.oidc_trust_email):
        beside = protocol.userinfo(proof)
        told = beside if beside.get("email") else told
    try:
        email = mailable(str(told.get("email", "")))
    except ValidationError as error:
        raise SignInError("oidc_unverified", "there is no usable e-mail address") from error
    name = told.get("name") or proof.claims.get("name")
    kept = as_one_line(name)[:150] if isinstance(name, str) else ""
    return Profile(email, kept, is_verified(told))


def is_verified(told: Mapping[str, Any]) -> bool:
    """Return whether the provider vouches for the address; some do it with the text "true".

    Where it says nothing, the operator may vouch for all its addresses (OIDC_TRUST_EMAIL).
    """
    said = told.get("email_verified")
    if said is None:
        return conf.oidc_trust_email
    return said is True or (isinstance(said, str) and said.lower() == "true")


def account_of(email: str) -> User | None:
    """Return the account of this address. Raise SignInError if it is inactive."""
    user = User.objects.filter(email=email).first()
    if user is not None and not user.is_active:
        raise SignInError("oidc_inactive", "the account of this address is inactive")
    return user


def ways(email: str, account: User | None) -> list[str]:
    """Return how the person may show that this identity belongs to the account of that address.

    No account: the address is not proven, and the answer does not depend on whether it has one.
    """
    mail = ["mail"] if letters.reach(email) else []
    if account is None:
        return mail
    if account.has_usable_password():
        return ["password"]
    # Without an identity either, a directory may know the password (docs/how-to/ldap.md).
    return mail if account.gatehouse_identities.exists() else ["password", *mail]


def create(request: HttpRequest, found: Proof | Pending, email: str, name: str) -> User:
    """Return a new account without a password, for a new identity. Raise SignInError if there is
    one by now."""
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, None, name=name)
            Identity.objects.create(issuer=found.issuer, subject=found.subject, user=user)
            signals.tell("account_created", request, user=user)
            return user
    except IntegrityError as error:
        raise SignInError("oidc_failed", "the account was made a moment ago") from error


def link(request: HttpRequest, user: User, issuer: str, subject: str) -> None:
    """Have that identity sign in as `user` from now on, who has just proven to be both.

    Raise SignInError if it belongs to somebody else by now.
    """
    with transaction.atomic():
        subjects.lock_unchanged(user)  # a reset that came in meanwhile is the owner's last word
        found, is_new = Identity.objects.get_or_create(
            issuer=issuer, subject=subject, defaults={"user": user}
        )
        if found.user_id != user.pk:
            raise SignInError("oidc_taken", "the identity belongs to another account by now")
        if is_new:
            signals.tell("identity_linked", request, user=user)


def unlink(request: HttpRequest, identity: Identity, **detail: Any) -> bool:
    """Have that identity sign nobody in any more, and end the sessions that began that way.

    Return whether it was linked until now. `detail` says in the event who did it.
    """
    user = identity.user
    with transaction.atomic():
        # Held until the end: a sign-in that is under way comes before, or finds it gone.
        User.objects.select_for_update().get(pk=user.pk)
        if not Identity.objects.filter(pk=identity.pk).delete()[0]:
            return False
        sessions.end(Session.objects.filter(user=user, method="oidc"), "identity_unlinked")
        signals.tell("identity_unlinked", request, user=user, detail=detail)
        return True


def hold(user: User, proof: Proof) -> None:
    """Lock the user's row until the transaction ends. Raise SignInError if the user, or whose the
    identity is, has changed since."""
    try:
        subjects.lock_unchanged(user)
    except InvalidCredentials as error:
        raise SignInError("oidc_failed", str(error)) from error
    if not user.gatehouse_identities.filter(issuer=proof.issuer, subject=proof.subject).exists():
        raise SignInError("oidc_failed", "the identity was unlinked a moment ago")


def send_link(request: HttpRequest, pending: Pending) -> None:
    """Send a mail to the address of a waiting identity: what its reader has to open.

    The link works in the asking browser alone. Otherwise somebody could type another's address at
    the provider, and get into that person's account as soon as they follow the link.
    """
    user = User.objects.filter(email=pending.email).first()
    if user is not None and not user.is_active:
        return
    letter = mails.NEW_IDENTITY if user is None else mails.LINK_IDENTITY
    address = links.make("identity", pending.email, user=user, browser=pending.trip)
    letters.send(letter, pending.email, user, link=address)
    if user is not None:
        signals.tell("identity_link_sent", request, user=user)


def mailed(request: HttpRequest, token: str) -> tuple[Pending, LinkToken]:
    """Return what waits in this browser for the link with this token, and the link. Raise DeadLink
    if the link is dead, or was asked for in another browser."""
    for pending in handshake.kept_in(request, Pending).values():
        try:
            return pending, links.find(token, LinkToken.Kind.IDENTITY, browser=pending.trip)
        except DeadLink:
            continue
    raise DeadLink("no browser's, or another's")


def holder(link: LinkToken) -> User | None:
    """Return the account of the address that this link proves, if there is one. Raise DeadLink if
    it is inactive."""
    user = link.user or User.objects.filter(email=link.email).first()
    if user is not None and not user.is_active:
        raise DeadLink("the account of the address is inactive")
    return user


def settle(request: HttpRequest, pending: Pending, used: LinkToken, account: User | None) -> User:
    """Return the user of the identity that has waited, after a mailed link was opened.

    Whoever had signed in to the account before is signed out, as after a reset. Raise DeadLink if
    somebody was faster.
    """
    try:
        with transaction.atomic():
            links.use(used)
            if account is None:
                return create(request, pending, pending.email, pending.name)
            link(request, account, pending.issuer, pending.subject)
            sessions.end_all_of(account, "identity_linked")
            return account
    except SignInError as error:
        raise DeadLink(str(error)) from error
