"""Passkeys: enrol one, and check the answer of one (WebAuthn Level 3 section 7), by `fido2`.

They are discoverable and verify their user, so that one alone is a whole sign-in. No attestation is
asked for: which make of device it is, is nobody's business here.
"""

import logging
from dataclasses import replace
from typing import Any, cast
from urllib.parse import urlsplit

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from fido2 import cbor
from fido2.cose import CoseKey
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationConveyancePreference,
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorData,
    CollectedClientData,
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialParameters,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialType,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from .. import subjects
from ..conf import conf
from ..credentials import challenges
from ..credentials.challenges import BadChallengeError
from ..evidence import PHISHING_RESISTANT, Evidence
from .models import Passkey

log = logging.getLogger("gatehouse")

# ES256, EdDSA and RS256 (RFC 9053, RFC 8812): what every authenticator knows one of.
ALGORITHMS = (-7, -8, -257)

# What a challenge is for: a sign-in, a second step or a step-up.
SIGN_IN = "sign in"

LONGEST_ID = 1023  # bytes, WebAuthn Level 3 section 4
MOST = 20  # of one person
UNNAMED = "Passkey"


class RefusedError(Exception):
    """The answer of the authenticator is not good. The text is for the log."""


class UnknownError(RefusedError):
    """Nobody has this passkey here: it was removed, or never added."""


class ClonedError(RefusedError):
    """The counter went back: two authenticators have this key (WebAuthn Level 3 section 6.1.1)."""

    def __init__(self, passkey: Passkey) -> None:
        super().__init__("the counter went back")
        self.passkey = passkey


def rp_id() -> str:
    """Return the host that passkeys are bound to. It is never taken from a request."""
    return urlsplit(conf.issuer).hostname or ""


def server() -> Fido2Server:
    """Return what checks answers for exactly this origin."""
    found = Fido2Server(
        PublicKeyCredentialRpEntity(name=conf.name, id=rp_id()),
        attestation=AttestationConveyancePreference.NONE,
        verify_origin=lambda origin: origin == conf.issuer,
    )
    found.allowed_algorithms = [
        PublicKeyCredentialParameters(type=PublicKeyCredentialType.PUBLIC_KEY, alg=alg)
        for alg in ALGORITHMS
    ]
    found.timeout = challenges.SECONDS * 1000  # type: ignore[assignment]  # None until it is set
    return found


def request_options() -> dict[str, Any]:
    """Return what a page asks any passkey of this host with. It is the same for everybody."""
    options, _ = server().authenticate_begin(
        [],
        UserVerificationRequirement.REQUIRED,
        challenge=challenges.make(SIGN_IN),
    )
    return dict(options)


def creation_options(user: AbstractBaseUser, session_id: str) -> dict[str, Any]:
    """Return what a page asks an authenticator for a new passkey with."""
    name = user.get_username()
    full = subjects.default_description(user)["name"] or name
    options, _ = server().register_begin(
        PublicKeyCredentialUserEntity(id=handle_of(user), name=name, display_name=full),
        [
            PublicKeyCredentialDescriptor(
                type=PublicKeyCredentialType.PUBLIC_KEY, id=websafe_decode(row.credential_id)
            )
            for row in Passkey.objects.filter(user_id=user.pk)
        ],
        ResidentKeyRequirement.REQUIRED,
        UserVerificationRequirement.REQUIRED,
        challenge=challenges.make(enrolment(session_id)),
    )
    return dict(options)


def enrolment(session_id: str) -> str:
    """Return the purpose of a challenge for a new passkey in this session."""
    return f"enrol {session_id}"


def enrol(user: AbstractBaseUser, session_id: str, given: dict[str, Any], name: str) -> Passkey:
    """Keep a new passkey and return it. Raise RefusedError if the answer is not good."""
    answer = parsed(RegistrationResponse, given)
    client = answer.response.client_data
    check_client(client, enrolment(session_id))
    state = {
        "challenge": websafe_encode(client.challenge),
        "user_verification": UserVerificationRequirement.REQUIRED,
    }
    try:
        data = server().register_complete(state, answer)
    except ValueError as error:
        raise RefusedError(str(error)) from error
    made = data.credential_data
    if made is None or made.credential_id != answer.raw_id:
        raise RefusedError("the answer is about another credential")
    key = CoseKey.parse(made.public_key)
    if key.get(3) not in ALGORITHMS or len(made.credential_id) > LONGEST_ID:
        raise RefusedError("an algorithm or an id that was not asked for")
    use_challenge(client)
    try:
        with transaction.atomic():
            return Passkey.objects.create(
                user_id=user.pk,
                credential_id=websafe_encode(made.credential_id),
                public_key=cbor.encode(dict(key)),
                sign_count=data.counter,
                backup_eligible=is_set(data, AuthenticatorData.FLAG.BE),
                backed_up=is_set(data, AuthenticatorData.FLAG.BS),
                name=name or UNNAMED,
            )
    except IntegrityError as error:
        raise RefusedError("it is known already") from error


def use(given: dict[str, Any]) -> Passkey:
    """Return the passkey whose answer this is. Its counter and flags are those of the answer.

    Raise RefusedError if the answer is not good, UnknownError if it is of no passkey of ours, and
    ClonedError if the counter went back.
    """
    answer = parsed(AuthenticationResponse, given)
    client, data = answer.response.client_data, answer.response.authenticator_data
    check_client(client, SIGN_IN)
    known = Passkey.objects.select_related("user__gatehouse_subject")
    passkey = known.filter(credential_id=websafe_encode(answer.raw_id)).first()
    if passkey is None:
        raise UnknownError("no passkey of ours")
    state = {
        "challenge": websafe_encode(client.challenge),
        "user_verification": UserVerificationRequirement.REQUIRED,
    }
    try:
        server().authenticate_complete(state, [kept(passkey)], answer)
    except ValueError as error:
        raise RefusedError(str(error)) from error
    handle = answer.response.user_handle
    if handle is not None and handle != handle_of(passkey.user):
        raise RefusedError("the user handle is somebody else's")
    if is_set(data, AuthenticatorData.FLAG.BE) != passkey.backup_eligible:
        raise RefusedError("whether it may be backed up never changes")
    use_challenge(client)
    count(passkey, data)
    return passkey


def count(passkey: Passkey, data: AuthenticatorData) -> None:
    """Keep the counter and the backup state of a good answer. Raise ClonedError.

    An authenticator without a counter always says 0. One conditional UPDATE decides between two
    answers with the same number.
    """
    if data.counter <= passkey.sign_count and (data.counter or passkey.sign_count):
        raise ClonedError(passkey)
    unmoved = Passkey.objects.filter(pk=passkey.pk, sign_count=passkey.sign_count)
    passkey.backed_up = is_set(data, AuthenticatorData.FLAG.BS)
    if not unmoved.update(sign_count=data.counter, backed_up=passkey.backed_up, last_used_at=Now()):
        raise RefusedError("it was used or removed a moment ago")


def evidence(passkey: Passkey) -> Evidence:
    """Return what a good answer of this passkey proves."""
    # RFC 8176: whether the key can leave its hardware, and that somebody was there.
    amr = ("swk" if passkey.backup_eligible else "hwk", "user")
    return replace(EVIDENCE, amr=amr, credential=name_of(passkey))


EVIDENCE = Evidence(how="passkey", amr=(), acr=PHISHING_RESISTANT)


def name_of(passkey: Passkey) -> str:
    """Return what sessions call the passkey that they began with."""
    return f"passkey:{passkey.pk}"


def handle_of(user: Any) -> bytes:
    """Return what authenticators know the person by. It is opaque, and stays (section 14.6.1)."""
    return subjects.of(user).sub.encode()


def kept(passkey: Passkey) -> AttestedCredentialData:
    """Return the passkey in the library's form."""
    key = CoseKey.parse(cast(dict[int, Any], cbor.decode(bytes(passkey.public_key))))
    return AttestedCredentialData.create(Aaguid.NONE, websafe_decode(passkey.credential_id), key)


def parsed(kind: Any, given: dict[str, Any]) -> Any:
    """Return what a stranger sent in the library's form. Raise RefusedError if it has none."""
    try:
        return kind.from_dict(given)
    except Exception as error:  # JSON, CBOR and bytes of any kind: whatever the library makes of it
        raise RefusedError(f"unreadable: {error!r}") from error


def check_client(client: CollectedClientData, purpose: str) -> None:
    """Raise RefusedError unless the browser says that our own page asked, with our challenge."""
    if client.cross_origin is not False:
        raise RefusedError("a page of another origin asked")
    try:
        challenges.check(purpose, client.challenge)
    except BadChallengeError as error:
        raise RefusedError(str(error)) from error


def use_challenge(client: CollectedClientData) -> None:
    """Use the challenge up. Raise RefusedError if it was used before."""
    try:
        challenges.use(client.challenge)
    except BadChallengeError as error:
        raise RefusedError(str(error)) from error


def is_set(data: AuthenticatorData, flag: int) -> bool:
    return bool(data.flags & flag)
