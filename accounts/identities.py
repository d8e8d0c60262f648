"""Whose account an identity at the provider belongs to.

Keyed by issuer and subject, which the provider never gives to anybody else; an e-mail address may
change hands. So an address never decides by itself: an unverified one is refused, a verified one
makes a new account where there is none, and where there is one its password must be entered.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from accounts import credentials, events, oidc
from accounts.conf import conf
from accounts.models import Identity, User, canonical_email
from accounts.oidc import Proof, SignInError


@dataclass(frozen=True)
class Profile:
    """What the provider says about a person, as far as an account needs it."""

    email: str
    name: str


def owner(issuer: str, subject: str) -> User | None:
    """The user of that identity, if it is known."""
    found = Identity.objects.select_related("user").filter(issuer=issuer, subject=subject).first()
    return found.user if found else None


def profile(proof: Proof) -> Profile:
    """Return the person behind a new identity. Raise SignInError unless the address is verified.

    Some providers say all of it in the ID token, others at their userinfo endpoint. An address and
    the word that it is verified are taken from the same place, since they belong together.
    """
    told = proof.claims
    if not told.get("email") or (told.get("email_verified") is None and not conf.oidc_trust_email):
        beside = oidc.userinfo(proof)
        told = beside if beside.get("email") else told
    email = canonical_email(str(told.get("email", "")))
    try:
        validate_email(email)
    except ValidationError as error:
        raise SignInError("oidc_unverified", "there is no e-mail address") from error
    if not is_verified(told) or len(email) > 254:
        raise SignInError("oidc_unverified", "the e-mail address is not verified")
    name = told.get("name") or proof.claims.get("name")
    return Profile(email, printable(name) if isinstance(name, str) else "")


def is_verified(told: Mapping[str, Any]) -> bool:
    """Return whether the provider vouches for the address; some do it with the text "true".

    Where it says nothing, the operator may vouch for all its addresses (OIDC_TRUST_EMAIL).
    """
    said = told.get("email_verified")
    if said is None:
        return conf.oidc_trust_email
    return said is True or (isinstance(said, str) and said.lower() == "true")


def printable(name: str) -> str:
    """Return a person's name as far as an account can hold it."""
    return "".join(letter for letter in name if letter.isprintable()).strip()[:150]


def account_of(email: str) -> User | None:
    """The account that has this address already, if it can be linked by its password."""
    user = User.objects.filter(email=email).first()
    if user is None:
        return None
    if not user.is_active:
        raise SignInError("oidc_inactive", "the account of this address is inactive")
    if not user.has_usable_password() and user.identities.exists():
        raise SignInError("oidc_taken", "that account has another identity and no password")
    return user


def create(request: HttpRequest, proof: Proof, told: Profile) -> User:
    """A new account without a password, for a new identity."""
    try:
        with transaction.atomic():
            user = User.objects.create_user(told.email, None, name=told.name)
            Identity.objects.create(issuer=proof.issuer, subject=proof.subject, user=user)
            events.record("account_created", request, user=user)
            return user
    except IntegrityError as error:
        raise SignInError("oidc_failed", "the account was made a moment ago") from error


def link(request: HttpRequest, user: User, issuer: str, subject: str) -> None:
    """From now on that identity signs in as `user`, who has just proven to be both."""
    with transaction.atomic():
        credentials.hold(user)  # a reset that came in meanwhile is the owner's last word
        found, is_new = Identity.objects.get_or_create(
            issuer=issuer, subject=subject, defaults={"user": user}
        )
        if found.user_id != user.pk:
            raise SignInError("oidc_taken", "the identity belongs to another account by now")
        if is_new:
            events.record("identity_linked", request, user=user)
