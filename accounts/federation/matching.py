"""Find whose account an identity at the provider belongs to.

An identity is known by issuer and subject, which the provider never gives to anybody else. An
e-mail address may change hands, so it never decides alone. One that the provider has verified
makes a new account where there is none. Where there is one, its password must be entered. Where
there is no password, or nobody has verified the address, a mailed link proves whose it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.dispatch import receiver
from django.http import HttpRequest

from .. import sessions, signals, subjects
from ..errors import InvalidCredentials
from ..evidence import Evidence
from ..models import Session
from ..people import links, mails
from ..people.links import DeadLink
from ..people.mails import can_receive_mail
from ..people.models import LinkToken
from ..users.models import User
from ..users.spelling import mailable
from ..web.bodies import OUTSIDE_A_LINE
from . import handshake, protocol
from .conf import conf
from .handshake import Pending
from .mails import LINK_IDENTITY, NEW_IDENTITY
from .models import Identity
from .protocol import Proof, SignInError


@receiver(signals.exporting)
def export(sender: None, user: User, **kwargs: Any) -> dict[str, Any]:
    """Return a person's identities, for the copy of all their data."""
    found = Identity.objects.filter(user=user).values("issuer", "subject", "created_at")
    return {"identities": list(found)}


@dataclass(frozen=True)
class Profile:
    """What an account needs of what the provider says about a person."""

    email: str
    name: str
    verified: bool = True


def owner(issuer: str, subject: str) -> User | None:
    """Return the user of that identity, or None if it is not known."""
    found = Identity.objects.select_related("user").filter(issuer=issuer, subject=subject).first()
    return found.user if found else None


def profile(proof: Proof) -> Profile:
    """Return address and name of the person behind a new identity.

    Some providers say all of it in the ID token, others at their userinfo endpoint. An address and
    the word that it is verified are taken from the same place, since they belong together. Raise
    SignInError if there is no usable address, and ProviderError if the provider does not answer.
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
    kept = OUTSIDE_A_LINE.sub(" ", name).strip()[:150] if isinstance(name, str) else ""
    return Profile(email, kept, is_verified(told))


def is_verified(told: Mapping[str, Any]) -> bool:
    """Return whether the provider vouches for the address. Some do it with the text "true".

    If the provider says nothing, the setting OIDC_TRUST_EMAIL decides.
    """
    said = told.get("email_verified")
    if said is None:
        return conf.oidc_trust_email
    return said is True or (isinstance(said, str) and said.lower() == "true")


def account_of(email: str) -> User | None:
    """Return the account of this address, or None. Raise SignInError if it is inactive."""
    user = User.objects.filter(email=email).first()
    if user is not None and not user.is_active:
        raise SignInError("oidc_inactive", "the account of this address is inactive")
    return user


def ways(email: str, account: User | None) -> list[str]:
    """Return how the person may show that this identity belongs to the account of that address.

    `account` is None while the address is not proven. The answer must not tell then whether the
    address has an account.
    """
    mail = ["mail"] if can_receive_mail(email) else []
    if account is None:
        return mail
    if account.has_usable_password():
        return ["password"]
    # An account with neither password nor identity may have its password in a directory
    # (docs/how-to/ldap.md).
    return mail if account.gatehouse_identities.exists() else ["password", *mail]


def create(request: HttpRequest, found: Proof | Pending, email: str, name: str) -> User:
    """Create an account without a password for a new identity, and return it.

    Raise SignInError if there is one by now.
    """
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, None, name=name)
            Identity.objects.create(issuer=found.issuer, subject=found.subject, user=user)
            signals.tell("account_created", request, user=user)
            return user
    except IntegrityError as error:
        raise SignInError("oidc_failed", "the account was made a moment ago") from error


def link(request: HttpRequest, user: User, issuer: str, subject: str) -> None:
    """Have that identity sign in as `user` from now on. The person has proven to be both.

    Raise SignInError if the identity belongs to somebody else by now, and InvalidCredentials if
    the user's credentials have changed meanwhile.
    """
    with transaction.atomic():
        subjects.lock_unchanged(user)  # a reset that came in meanwhile wins
        found, is_new = Identity.objects.get_or_create(
            issuer=issuer, subject=subject, defaults={"user": user}
        )
        if found.user_id != user.pk:
            raise SignInError("oidc_taken", "the identity belongs to another account by now")
        if is_new:
            signals.tell("identity_linked", request, user=user)


def unlink(request: HttpRequest, identity: Identity, **detail: Any) -> bool:
    """Remove the identity from its account, and end the sessions that began that way.

    Return whether it was linked until now. `detail` goes into the event.
    """
    user = identity.user
    with transaction.atomic():
        # A sign-in at the same moment is before this, and its session ends here, or finds it gone.
        User.objects.select_for_update().get(pk=user.pk)
        if not Identity.objects.filter(pk=identity.pk).delete()[0]:
            return False
        sessions.end(Session.objects.filter(user=user, method="oidc"), "identity_unlinked")
        signals.tell("identity_unlinked", request, user=user, detail=detail)
        return True


def evidence(user: User, proof: Proof, since: float) -> Evidence:
    """Return what a sign-in by this identity of the user proves."""
    found = user.gatehouse_identities.filter(issuer=proof.issuer, subject=proof.subject)
    return proof.evidence(since, found.values_list("pk", flat=True).first())


@receiver(signals.lacking)
def refuse_unlinked(
    sender: None, user: AbstractBaseUser, evidence: Sequence[Evidence], **kwargs: Any
) -> None:
    """Raise InvalidCredentials if the identity was unlinked before the second step was done."""
    for one in evidence:
        kind, _, key = one.credential.partition(":")
        if kind == "oidc" and not Identity.objects.filter(pk=key, user_id=user.pk).exists():
            raise InvalidCredentials("the identity was unlinked a moment ago")


def lock_unchanged(user: User, proof: Proof) -> None:
    """Lock the user's row until the transaction ends.

    Raise SignInError if the user has changed since, or the identity is not theirs any more.
    """
    try:
        subjects.lock_unchanged(user)
    except InvalidCredentials as error:
        raise SignInError("oidc_failed", str(error)) from error
    if not user.gatehouse_identities.filter(issuer=proof.issuer, subject=proof.subject).exists():
        raise SignInError("oidc_failed", "the identity was unlinked a moment ago")


def send_link(request: HttpRequest, pending: Pending) -> None:
    """Send a link to the address of a waiting identity.

    The link works in the asking browser alone. Otherwise somebody could type another's address at
    the provider, and get into that person's account as soon as they follow the link.
    """
    user = User.objects.filter(email=pending.email).first()
    if user is not None and not user.is_active:
        return
    letter = NEW_IDENTITY if user is None else LINK_IDENTITY
    address = links.make("identity", pending.email, user=user, browser=pending.trip)
    mails.send(letter, pending.email, user, link=address)
    if user is not None:
        signals.tell("identity_link_sent", request, user=user)


def find_mailed(request: HttpRequest, token: str) -> tuple[Pending, LinkToken]:
    """Return the identity that waits in this browser for the link with this token, and the link.

    Raise DeadLink if the link does not work, or was asked for in another browser.
    """
    for pending in handshake.kept_in(request, Pending).values():
        try:
            return pending, links.find(token, LinkToken.Kind.IDENTITY, browser=pending.trip)
        except DeadLink:
            continue
    raise DeadLink("nothing in this browser waits for it")


def account_of_link(link: LinkToken) -> User | None:
    """Return the account of the address that this link proves, or None.

    Raise DeadLink if the account is inactive.
    """
    user = link.user or User.objects.filter(email=link.email).first()
    if user is not None and not user.is_active:
        raise DeadLink("the account of the address is inactive")
    return user


def use_link(request: HttpRequest, pending: Pending, used: LinkToken, account: User | None) -> User:
    """Use a mailed link: create the account of the waiting identity, or link it. Return the user.

    All earlier sessions of the account end, as after a reset. Raise DeadLink if the link, the
    identity or the address was used meanwhile.
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
