"""DPoP for programs (RFC 9449): each request proves possession of the key of its session.

A program that signs in with a proof gets a session that is bound to the key of the proof. From then
on its tokens are of no use without the key. A program that sends none notices nothing.

Every proof needs a nonce of ours. So the clocks of clients hardly matter, and nobody makes proofs
for next week during a minute at somebody else's machine (section 11.2). An answer to a proof with
the older of two nonces brings the newer, so that a busy program is refused once, at its start.

A proof works once (`freshness`, section 11.1). A request that reads asks no database for that. So
whoever has copied one can send it once more to another process, or to one that was just started,
within two minutes. Leaves out: what browsers prove (`dbsc`).
"""

import hashlib
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from django.dispatch import receiver
from django.http import HttpRequest

from .. import signals
from ..conf import conf as core
from ..credentials import budgets
from ..errors import InvalidProof, InvalidToken, NonceMissing
from ..models import Session
from ..tokens.jws import Malformed
from ..tokens.keys import b64
from ..web import problems
from ..web.authentication import SCHEMES, bearer_token, scheme_of
from . import freshness, keys
from .conf import conf
from .events import tell_refused

TYP = "dpop+jwt"
SCHEME = "dpop"
ALGORITHM = "ES256"

# How far the clock of a client may be off. What is new and what is old is decided by the nonce.
CLOCK_SECONDS = 300


class KeyNotShown(Malformed):
    """Raised for a request without a proof, or with one of another key."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof whose signature is right, and that is for this method and this address."""

    jkt: str
    jti: str
    ath: str
    nonce: str


def read(text: str, method: str, uri: str) -> Proof:
    """Return a proof for this method and this address, which is normalised.

    Raise Malformed for anything else. The nonce, the access token's hash and whether it was used
    before are left to `check`. Section 4.3 numbers these rules: 2 to 9, and 11.
    """
    jws = keys.read_proof(text, TYP)
    key, jkt = keys.read_key(jws.header.get("jwk"))
    claims = keys.verify(jws, key)
    texts = [claims.get(name, "") for name in ("jti", "htm", "htu", "ath", "nonce")]
    if not all(isinstance(one, str) for one in texts):
        raise Malformed("a claim that is a text is something else")
    jti, htm, htu, ath, nonce = texts
    if not jti:
        raise Malformed("jti is missing")
    if htm != method:
        raise Malformed("htm is another method")
    if normalised(htu) != uri:
        raise Malformed("htu is another address")
    iat = claims.get("iat")
    now = time.time()
    if not isinstance(iat, int | float):
        raise Malformed("iat is missing or no number")
    if not now - CLOCK_SECONDS <= iat <= now + CLOCK_SECONDS:
        raise Malformed("iat is too far from now")
    return Proof(jkt, jti, ath, nonce)


def normalised(uri: str) -> str:
    """Return an address in its one spelling, without query and fragment.

    RFC 9449 section 4.3 wants what RFC 3986 has in sections 6.2.2 and 6.2.3: case, default port,
    empty path, percent-encoding. The path is decoded as a whole, as it is when Django looks for the
    view. Raise Malformed for anything that is no address of a server.
    """
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise Malformed("htu is no URI") from error
    if not host or "@" in parts.netloc or not uri.isascii() or not uri.isprintable():
        raise Malformed("htu is no URI of a server")
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    where = host if port in (None, usual) else f"{host}:{port}"
    return f"{parts.scheme}://{where}{unquote(parts.path) or '/'}"


def address_of(request: HttpRequest) -> str:
    """Return the address of a request, normalised.

    Scheme and host are the issuer's. What a request says of them (Host, X-Forwarded-Host) could be
    what whoever stole a proof for another server needs.
    """
    return normalised(core.issuer)[:-1] + request.path


def check(
    request: HttpRequest | None, *, jkt: str = "", token: str = "", using: bool = True
) -> Proof:
    """Return the proof of this request, by the key with this thumbprint if one is given.

    `token` is the access token that it comes with. `using` makes this the one time that the proof
    works. Raise InvalidProof, and NonceMissing for a proof that lacks a nonce alone. Both are 400
    where no access token is used but tokens are asked for. A bad proof counts against the network's
    budget of bad tokens, there by this function: Throttled.
    """
    refusal: InvalidProof
    try:
        if request is None or "HTTP_DPOP" not in request.META:
            raise KeyNotShown("there is no proof")
        # Servers join headers of the same name by commas, and no proof has one.
        proof = read(request.META["HTTP_DPOP"], request.method or "", address_of(request))
        if jkt and proof.jkt != jkt:
            raise KeyNotShown("the proof is of another key")
        if token and proof.ath != hash_of(token):
            raise Malformed("ath is not the hash of this access token")
        minute = freshness.minute_of(proof.nonce)
        if minute is not None:
            if using:
                freshness.use(f"{proof.jkt} {proof.jti}", minute, request.method or "")
            newest = freshness.make_nonce()
            if proof.nonce != newest:
                request.answer_headers = {"DPoP-Nonce": newest}  # type: ignore[attr-defined]
            return proof
        refusal = NonceMissing("the nonce of the proof is missing or old")
        refusal.headers["DPoP-Nonce"] = freshness.make_nonce()
    except Malformed as error:
        refusal = InvalidProof(str(error))
        refusal.__cause__ = error
        if not token and request is not None:
            budgets.count_bad_token(request)
    if not token:
        refusal.status_code = 400
    raise refusal


def hash_of(token: str) -> str:
    """Return what `ath` says of an access token (section 4.2)."""
    return b64(hashlib.sha256(token.encode("ascii", "replace")).digest())


def is_from_program(request: HttpRequest | None, token: str, client: str) -> bool:
    """Return whether a program presents this access token, or its refresh token if it is empty.

    The way in which an access token came decides it, and never what the token says of itself. What
    came in the Authorization header needs a proof of DPoP, and what came in a cookie that of a
    browser, so that a token that was moved from one to the other meets a proof it cannot have.
    """
    if not token:
        return client == Session.Client.CLI
    return request is not None and bearer_token(request) == token


@receiver(signals.holding)
def require(
    sender: None,
    *,
    request: HttpRequest | None,
    session_id: str,
    jkt: str,
    token: str,
    client: str,
    **kwargs: Any,
) -> None:
    """Raise InvalidProof or InvalidToken unless this program proves to hold its key.

    An access token and its scheme must fit each other. A bound one as Bearer would be the way back
    to what can be copied (section 7.2), and one that is not bound proves nothing under DPoP.
    """
    if not conf.binding or not is_from_program(request, token, client):
        return
    if not jkt:
        raise InvalidToken("the token is bound to no key, and came under the scheme DPoP")
    if token and request is not None and scheme_of(request) != SCHEME:
        tell_refused(request, session_id)
        raise InvalidToken("the token is bound to a key, and came as Bearer")
    try:
        check(request, jkt=jkt, token=token)
    except InvalidProof as refusal:
        if isinstance(refusal.__cause__, KeyNotShown):
            tell_refused(request, session_id)
        raise


@receiver(signals.binding)
def key_of(
    sender: None, *, request: HttpRequest | None, client: str, starting: bool, **kwargs: Any
) -> str:
    """Return the thumbprint of the key that a program signs in with, or an empty text.

    Raise InvalidProof for a proof that is no good: whoever sends one relies on it.
    """
    if not conf.binding or client != Session.Client.CLI or request is None:
        return ""
    if "HTTP_DPOP" not in request.META:
        return ""
    return check(request, using=starting).jkt


def offer() -> dict[str, str] | None:
    """Return what a challenge of the scheme DPoP says besides (section 7.1)."""
    return {"algs": ALGORITHM} if conf.binding else None


@receiver(signals.describing)
def describe(sender: None, **kwargs: Any) -> dict[str, list[str]]:
    """Return what this server's metadata say of DPoP (section 5.1)."""
    return {"dpop_signing_alg_values_supported": [ALGORITHM]} if conf.binding else {}


# While BINDING is off, the scheme is taken as Bearer is, and no proof is asked for. Programs whose
# sessions are bound send it, and switching the binding off must not lock them out.
SCHEMES.add(SCHEME)
problems.SCHEMES["DPoP"] = offer
