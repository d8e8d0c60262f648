"""Speak OpenID Connect: the authorization code flow with PKCE.

`begin` returns where to send the browser. `check_answer` and `redeem` judge what it brings back.
The answer must belong to this browser's own handshake (state), come from our provider (`iss`, RFC
9207), and be redeemed with our verifier (PKCE S256). It must yield an ID token that the provider
signed for us and for this handshake (nonce). joserfc checks signatures, Authlib checks claims.
Leaves out: asking the provider (federation.provider), and whose account it is
(federation.matching).
"""

import hmac
import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from authlib.oidc.core import CodeIDToken
from django.http import QueryDict
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import JWKRegistry, Key
from joserfc.jws import JWSRegistry, extract_compact

from ..conf import STEP_UP_SECONDS
from ..evidence import ONE, TWO, Evidence, is_value
from . import provider
from .conf import conf
from .handshake import Handshake

log = logging.getLogger("gatehouse")

# Signatures that only the provider can make. We hold the secret of HS256 too, and `none` is no
# signature (RFC 8725 section 3.1).
ALGORITHMS = tuple(f"{kind}{size}" for kind in ("RS", "PS", "ES") for size in (256, 384, 512))
KEY_TYPES = ("RSA", "EC")
# The members of a public key. Whatever else an entry has is ignored.
MATERIAL = ("kty", "n", "e", "crv", "x", "y")
LARGEST_ID_TOKEN = 16 * 1024

# What the libraries and our checks raise for a bad token.
BAD_TOKEN = (JoseError, KeyError, TypeError, ValueError, AttributeError)

# How far the provider's clock and ours may differ.
CLOCK_SECONDS = 30

# More values of `amr` are not taken from a provider.
MOST_VALUES = 8


class SignInError(Exception):
    """Raised if a sign-in fails. `reason` is a code for the person, the text is for the log."""

    def __init__(self, reason: str, cause: str) -> None:
        super().__init__(cause)
        self.reason = reason


@dataclass(frozen=True)
class Proof:
    """What the provider confirmed about somebody. `claims` are those of the ID token."""

    issuer: str
    subject: str
    claims: Mapping[str, Any]
    access_token: str

    def is_fresh(self, since: float) -> bool:
        """Return whether the person entered a credential after `since`.

        Return False if the provider does not say when. Both of its times are by its own clock,
        which may differ from ours, so only their distance counts. The token was made during this
        trip (nonce).
        """
        at = self.claims.get("auth_time")
        if not isinstance(at, int | float):
            return False
        age = self.claims["iat"] - at
        return bool(-CLOCK_SECONDS <= age <= time.time() - since + CLOCK_SECONDS)

    def evidence(self, since: float, identity: object = None) -> Evidence:
        """Return what this proves. It counts as no step-up unless it is fresh.

        It is worth two factors if the provider says so (`mfa`). Values of `amr` that are no short
        words are left out. `identity` is the row that says whose this is.
        """
        told = self.claims.get("amr")
        values = told if isinstance(told, list) else []
        words = [v for v in values if isinstance(v, str) and is_value(v)][:MOST_VALUES]
        return Evidence(
            how="oidc",
            amr=tuple(words),
            acr=TWO if "mfa" in words else ONE,
            age=0 if self.is_fresh(since) else STEP_UP_SECONDS,
            credential=f"oidc:{identity}" if identity is not None else "",
        )


def redirect_uri() -> str:
    """Return where the provider answers.

    It is never taken from a request: a forged Host header would send the code elsewhere.
    """
    return f"{conf.issuer}/auth/oidc/callback"


def begin(handshake: Handshake) -> str:
    """Return the provider's address to send the browser to. Raise ProviderError."""
    address = str(provider.metadata(provider.ALIVE_SECONDS)["authorization_endpoint"])
    # A step-up needs the credential, entered now. The provider's own session is not enough.
    again = {"prompt": "login", "max_age": 0} if handshake.step_up else {}
    with provider.memory().session(address, code_challenge_method="S256") as session:
        found, _ = session.create_authorization_url(
            address,
            state=handshake.state,
            nonce=handshake.nonce,
            code_verifier=handshake.verifier,
            redirect_uri=redirect_uri(),
            scope=provider.SCOPE,
            **again,
        )
    return str(found)


def check_answer(handshake: Handshake, query: QueryDict) -> str:
    """Return the code in the provider's answer.

    Raise SignInError if the answer is a refusal or not for us, and ProviderError if the provider
    does not answer.
    """
    for name in ("state", "iss", "code", "error"):
        if len(query.getlist(name)) > 1:
            raise SignInError("oidc_failed", f"{name} is given twice")
    if not hmac.compare_digest(query.get("state", "").encode(), handshake.state.encode()):
        raise SignInError("oidc_failed", "the state is of another handshake")
    # A mix-up: the code in another provider's answer must not be sent to our provider.
    wants_issuer = provider.metadata().get("authorization_response_iss_parameter_supported")
    if query.get("iss", "" if wants_issuer is True else conf.oidc_issuer) != conf.oidc_issuer:
        raise SignInError("oidc_failed", f"iss is {query.get('iss')!r}")
    if "error" in query:
        raise refused(query.get("error", ""))
    if not query.get("code"):
        raise SignInError("oidc_failed", "there is no code")
    return str(query["code"])


# The provider's codes for a refusal (RFC 6749 section 4.1.2.1), and ours.
REFUSALS = {
    "access_denied": "oidc_cancelled",
    "login_required": "oidc_cancelled",
    "temporarily_unavailable": "oidc_unavailable",
}


def refused(error: str) -> SignInError:
    """Return the failure that stands for the provider's `error`."""
    return SignInError(REFUSALS.get(error, "oidc_failed"), f"the provider answers {error[:80]!r}")


def redeem(handshake: Handshake, code: str) -> Proof:
    """Return what the code proves.

    Raise SignInError if the code or the ID token is not good, and ProviderError if the provider
    does not answer.
    """
    try:
        tokens = provider.exchange(code, handshake.verifier, redirect_uri())
    except provider.RefusedError as error:
        raise SignInError("oidc_failed", str(error)) from error
    access_token = str(tokens.get("access_token", ""))
    try:
        claims = verified(tokens.get("id_token"), access_token, handshake.nonce)
    except BAD_TOKEN as error:
        raise SignInError("oidc_failed", f"the ID token: {error!r}") from error
    return Proof(conf.oidc_issuer, claims["sub"], claims, access_token)


def verified(text: Any, access_token: str, nonce: str) -> CodeIDToken:
    """Return the claims of an ID token (OpenID Connect Core 1.0 section 3.1.3.7).

    Raise one of BAD_TOKEN if the token is not good for us, for this trip and now.
    """
    if not isinstance(text, str) or len(text) > LARGEST_ID_TOKEN:
        raise ValueError("missing or too large")
    client_id = conf.oidc_client_id
    offered = provider.metadata().get("id_token_signing_alg_values_supported") or ["RS256"]
    decoded = _decode(text, [name for name in ALGORITHMS if name in offered])
    claims = CodeIDToken(
        decoded.claims,
        decoded.header,
        {
            "iss": {"essential": True, "value": conf.oidc_issuer},
            "aud": {"essential": True, "value": client_id},
            "sub": {"essential": True},
            "exp": {"essential": True},
            "iat": {"essential": True},
            "nonce": {"essential": True, "value": nonce},
        },
        {"client_id": client_id, "nonce": nonce, "access_token": access_token},
    )
    claims.validate(now=int(time.time()), leeway=CLOCK_SECONDS)
    if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
        raise ValueError("sub is not a text of 1 to 255 characters")
    return claims


def userinfo(proof: Proof) -> Mapping[str, Any]:
    """Return what the userinfo endpoint tells about the person, which may be nothing.

    Raise SignInError if it is about somebody else (OpenID Connect Core 1.0 section 5.3.2), and
    ProviderError if the provider does not answer.
    """
    told = provider.userinfo(proof.access_token)
    if isinstance(told, str):
        told = _signed_userinfo(told)
    if told and told.get("sub") != proof.subject:
        raise SignInError("oidc_failed", "userinfo is about somebody else")
    return told


def _signed_userinfo(text: str) -> dict[str, Any]:
    """Return the claims of userinfo that came as a JWT.

    Return nothing if it is not the provider's, or is encrypted: we have no key for that.
    """
    expected = {"iss": conf.oidc_issuer, "aud": conf.oidc_client_id}
    try:
        claims = _decode(text, ALGORITHMS).claims
    except BAD_TOKEN as error:
        log.warning("the userinfo of the identity provider is no token of its own: %r", error)
        return {}
    # Both may be left out (OpenID Connect Core 1.0 section 5.3.2).
    for name, value in expected.items():
        said = claims.get(name, value)
        if value not in (said if isinstance(said, list) else [said]):
            log.warning("the userinfo of the identity provider has the %s %r", name, said)
            return {}
    return claims


def _decode(text: str, algorithms: Iterable[str]) -> jwt.Token:
    """Return the token if one of the provider's keys has signed it. Raise one of BAD_TOKEN if not.

    If none of the keys that we keep fits, ask the provider for its keys again.
    """
    registry = JWSRegistry(algorithms=list(algorithms), strict_check_header=False)
    header = extract_compact(text.encode()).headers()
    refusal: Exception = InvalidKeyIdError("there is no key for it")
    for fresh in (False, True):
        for key in _keys(header, provider.keys(fresh=fresh).get("keys")):
            try:
                return jwt.decode(text, key, registry=registry)
            except BAD_TOKEN as error:
                refusal = error
    raise refusal


def _keys(header: Mapping[str, Any], published: Any) -> Iterator[Key]:
    """Yield the keys that may have signed a token with this header.

    Leave out an entry that we do not understand, whatever is odd about it (RFC 7517 section 5). A
    key without a `kid` fits any token, and a token without a `kid` fits any key.
    """
    for entry in published if isinstance(published, list) else ():
        said = {n: v for n, v in entry.items() if v is not None} if isinstance(entry, dict) else {}
        meant = all(
            name not in said or name not in header or said[name] == header[name]
            for name in ("kid", "alg")
        )
        for_signatures = said.get("use", "sig") == "sig" and "verify" in _operations(said)
        if said.get("kty") in KEY_TYPES and meant and for_signatures:
            try:
                yield JWKRegistry.import_key({n: said[n] for n in MATERIAL if n in said})
            except BAD_TOKEN as error:
                log.info("a key of the identity provider is left out: %r", error)


def _operations(said: Mapping[str, Any]) -> list[Any]:
    """Return what a key is for (RFC 7517 section 4.3). Return nothing if that is unreadable."""
    found = said.get("key_ops", ["verify"])
    return found if isinstance(found, list) else []
