"""Issue and verify access and refresh tokens: the only module that imports simplejwt or PyJWT.

Both kinds are simplejwt token classes on a `TokenBackend` of our own, which adds what simplejwt
5.5.1 lacks: `kid` and a ring of keys, an explicit `typ` for each kind (RFC 8725 section 3.11,
RFC 9068), strict syntax before anything is decoded, the signature before a claim is read, and
claims checked for presence, type and value. Each token is read once, here. PyJWT signs and checks
signatures. Whether a token's session is live is the question of `sessions`.
"""

import hashlib
import json
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, ClassVar

import jwt
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError, TokenError
from rest_framework_simplejwt.tokens import Token

from .. import subjects
from ..bounded_cache import BoundedMemory
from ..conf import LEEWAY_SECONDS, conf
from ..errors import ExpiredToken, InvalidToken
from ..models import Session, opaque_id
from . import key_store
from .claims import ACCESS, REFRESH, AccessClaims, Issued, RefreshClaims, check_claims, is_over
from .jws import Jws, Malformed, parse
from .keys import b64

ALGORITHMS = {"ES256": jwt.get_algorithm_by_name("ES256")}
OVER = "its time (exp) is over"
to_json = json.JSONEncoder(separators=(",", ":")).encode


class RingBackend(TokenBackend):
    """Sign with the ring's active key. Verify with the key that `kid` names, by its own algorithm.

    `exp` is left to the callers: a token of any age may end its own session.
    """

    def __init__(self, typ: str, claims: dict[str, type]) -> None:
        super().__init__("ES256")
        self.typ = typ
        self.claims = claims

    def encode(self, payload: dict[str, Any]) -> str:
        """Return the token of these claims, signed with the active key."""
        key = key_store.ring().active
        signed = f"{header(key.alg, key.kid, self.typ)}.{b64(to_json(payload).encode())}"
        return f"{signed}.{b64(ALGORITHMS[key.alg].sign(signed.encode(), key.private))}"

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:
        """Return the verified claims. Raise TokenBackendError that names the first failed check."""
        try:
            jws = parse(token)
            self.check_signature(jws, *self.key_for(jws.header))
            claims = jws.claims()
            check_claims(claims, self.claims)
        except Malformed as error:
            raise TokenBackendError(str(error)) from error
        return claims

    def key_for(self, header: dict[str, Any]) -> tuple[str, Any]:
        """Return algorithm and public key for a header of exactly `typ`, `alg` and `kid`.

        Raise Malformed for any other header. An unknown member is refused, not ignored, so that
        `crit`, `b64`, `jwk`, `jku` or `x5c` never matter (RFC 7515 section 4.1.11, RFC 8725
        section 3.10).
        """
        if set(header) != {"typ", "alg", "kid"}:
            raise Malformed("the header has other members than typ, alg and kid")
        if header["typ"] != self.typ:
            raise Malformed(f"typ is not {self.typ}")
        kid = header["kid"]
        found = key_store.ring().public_by_kid.get(kid) if isinstance(kid, str) else None
        if found is None:
            raise Malformed("kid names no key of ours")
        if header["alg"] != found[0]:
            raise Malformed("alg is not the algorithm of this key")
        return found

    def check_signature(self, jws: Jws, alg: str, public: Any) -> None:
        """Raise Malformed unless the holder of this key signed exactly these bytes."""
        if not ALGORITHMS[alg].verify(jws.signed, public, jws.signature):
            raise Malformed("the signature does not fit these bytes")


@lru_cache
def header(alg: str, kid: str, typ: str) -> str:
    """Return the first segment of a token. All tokens of a key and a kind have the same."""
    return b64(to_json({"alg": alg, "kid": kid, "typ": typ}).encode())


class TypedToken(Token):
    """A simplejwt token whose kind stands in the header (`typ`), not in a claim.

    A new one is made by `sign`. simplejwt's constructor would add claims by the project's
    SIMPLE_JWT, which does not apply to our tokens.
    """

    typ: ClassVar[str]
    lifetime = timedelta(0)  # every caller sets `exp` from the session's deadlines
    _token_backend: RingBackend

    @classmethod
    def sign(cls, claims: dict[str, Any]) -> str:
        """Return a new token of these claims. Its `jti` has 128 random bits (simplejwt's 122)."""
        return cls._token_backend.encode({"jti": opaque_id(), **claims})

    def verify(self) -> None:
        """Check nothing more: the backend has checked everything."""


class AccessToken(TypedToken):
    typ = "at+jwt"
    token_type = "access"  # noqa: S105
    _token_backend = RingBackend(typ, ACCESS)


class RefreshToken(TypedToken):
    typ = "rt+jwt"
    token_type = "refresh"  # noqa: S105
    _token_backend = RingBackend(typ, REFRESH)


def issue(session: Session, key: str, now: datetime) -> Issued:
    """Sign and return a pair for the session's current generation, with claims from the rows.

    `now` is the database's time, as all times of a row are. Tokens are dated by this server's
    clock, because servers check them by their own clocks, without the database. So a wrong clock
    of the database keeps nobody out. A refresh token ends when its row says, which decides.
    """
    user: Any = session.user  # no caller has a session without one
    subject = subjects.of(user)  # before the rights, which may then not be older
    # In whole seconds: the same generation's tokens, issued again, must end at the same time.
    apart = timedelta(seconds=round(time.time() - now.timestamp()))
    now = (now + apart).replace(microsecond=0)
    ends = min(now + timedelta(seconds=conf.access_seconds), session.absolute_expires_at + apart)
    authenticated_at = (session.authenticated_at + apart).timestamp()
    # A time in the future, which the database wrote before its clock stepped back, says nothing.
    known = authenticated_at <= now.timestamp() + LEEWAY_SECONDS
    both = {
        "iss": conf.issuer,
        "sub": subject.sub,
        "client_id": session.client,
        "iat": int(now.timestamp()),
        "sid": session.id,
        "gen": session.generation,
    }
    scope = " ".join(subjects.scopes_of(user, acr=session.acr, bound=session.is_bound_browser))
    rights: dict[str, Any] = {
        "exp": int(ends.timestamp()),
        "aud": conf.audience,
        "ver": subject.ver,
        "scope": scope,
        "auth_time": min(int(authenticated_at), int(now.timestamp())) if known else 0,
        "amr": session.amr.split(),
        "acr": session.acr,
    }
    if session.jkt:
        rights["cnf"] = {"jkt": session.jkt}
    last = int(session.idle_expires_at.timestamp())
    secret = {"exp": last, "aud": conf.refresh_audience, "key": key}
    access, refresh = AccessToken.sign(both | rights), RefreshToken.sign(both | secret)
    return Issued(access, refresh, session, user, now, ends, scope)


# The claims of good tokens, by a hash of the text. This saves checking the signature again. Expiry
# is checked below on every use, and revocation by the caller. Python computes BLAKE2 by itself, and
# SHA-256 through OpenSSL, which takes 2 us longer.
verified: BoundedMemory[bytes, tuple[object, AccessClaims]] = BoundedMemory(4096)


def verify_access(text: str) -> AccessClaims:
    """Return the claims of a good access token. Raise ExpiredToken or InvalidToken."""
    digest = hashlib.blake2s(text.encode("utf-8", "surrogatepass")).digest()
    ring = key_store.ring()
    known = verified.get(digest)
    # With another ring the signature is checked anew: tokens of a dropped key are refused at once.
    if known is not None and known[0] is ring:
        claims = known[1]
    else:
        claims = AccessClaims.of(_verify(AccessToken, text))
        verified.put(digest, (ring, claims))
    if is_over(claims.exp):
        raise ExpiredToken(OVER)
    return claims


def verify_refresh(text: str) -> RefreshClaims:
    """Return the claims of a refresh token that is good as far as the token alone can tell.

    Raise ExpiredToken or InvalidToken.
    """
    payload = _verify(RefreshToken, text)
    if is_over(payload["exp"]):
        raise ExpiredToken(OVER)
    return RefreshClaims.of(payload)


def named_sessions(texts: Iterable[str], client: str) -> set[str]:
    """Return the ids of sessions that authentic tokens of this kind of client name.

    Expired tokens count too.
    """
    found = set()
    for text in texts:
        for kind in (AccessToken, RefreshToken):
            try:
                payload = _verify(kind, text)
            except InvalidToken:
                continue
            if payload["client_id"] == client:
                found.add(payload["sid"])
    return found


def is_anothers(text: str) -> bool:
    """Return whether this looks like a token that another issuer made.

    Nothing is verified. The answer decides only whether the cookie around it is left alone.
    """
    try:
        jws = parse(text)
        issuer = jws.claims().get("iss")
    except Malformed:
        return False
    kinds = (AccessToken.typ, RefreshToken.typ)
    return jws.header.get("typ") in kinds and isinstance(issuer, str) and issuer != conf.issuer


def _verify(kind: type[TypedToken], text: str) -> dict[str, Any]:
    """Return the claims of an authentic token of any age. Raise InvalidToken."""
    try:
        return kind(text).payload  # type: ignore[arg-type]  # it is a text, whatever their types say
    except TokenError as error:
        raise InvalidToken(str(error.__cause__)) from error


# A new process has verified nothing.
reset = verified.clear
