"""Issue and verify access and refresh tokens: the only module that imports simplejwt or PyJWT.

Serves steps 3 and 7. Both kinds are simplejwt token classes on a `TokenBackend` of our own, which
adds what simplejwt 5.5.1 lacks: `kid` and a ring of keys, an explicit `typ` for each kind
(RFC 8725 section 3.11, RFC 9068), strict syntax before anything is decoded, the signature before
a claim is read, and claims checked for presence, type and value. Each token is read once, here:
PyJWT signs and verifies. No database is asked: that is `sessions.revocation` and `sessions`.
"""

import hashlib
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, ClassVar

import jwt
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError, TokenError
from rest_framework_simplejwt.exceptions import TokenBackendExpiredToken as TokenBackendExpired
from rest_framework_simplejwt.tokens import Token

from .. import subjects
from ..bounded_cache import BoundedMemory
from ..conf import conf
from ..errors import ExpiredToken, InvalidToken
from ..models import Session, opaque_id
from . import jws as syntax
from . import key_store
from .claims import ACCESS, REFRESH, AccessClaims, Issued, RefreshClaims, check, is_over

ALGORITHMS = {"ES256": jwt.get_algorithm_by_name("ES256")}
OVER = "its time (exp) is over"


class RingBackend(TokenBackend):
    """Signs with the ring's active key; verifies with the key that `kid` names and its own alg."""

    def __init__(self, typ: str, claims: dict[str, type], *, expired_too: bool = False) -> None:
        super().__init__("ES256")
        self.typ = typ
        self.claims = claims
        self.expired_too = expired_too

    def encode(self, payload: dict[str, Any]) -> str:
        key = key_store.ring().active
        headers = {"typ": self.typ, "kid": key.kid}
        return jwt.encode(payload, key.private, algorithm=key.alg, headers=headers)

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:
        """The verified claims. TokenBackendError names the first check that failed."""
        try:
            jws = syntax.parse(token)
            self.check_signature(jws, *self.key_for(jws.header))
            claims = jws.claims()
            check(claims, self.claims)
        except syntax.Malformed as error:
            raise TokenBackendError(str(error)) from error
        if is_over(claims["exp"]) and not self.expired_too:
            raise TokenBackendExpired(OVER)
        return claims

    def key_for(self, header: dict[str, Any]) -> tuple[str, Any]:
        """Algorithm and public key for a header of exactly `typ`, `alg` and `kid`.

        An unknown member is refused, not ignored: `crit`, `b64`, `jwk`, `jku` or `x5c` can then
        never matter (RFC 7515 section 4.1.11, RFC 8725 section 3.10).
        """
        if set(header) != {"typ", "alg", "kid"}:
            raise syntax.Malformed("the header has other members than typ, alg and kid")
        if header["typ"] != self.typ:
            raise syntax.Malformed(f"typ is not {self.typ}")
        kid = header["kid"]
        found = key_store.ring().public_by_kid.get(kid) if isinstance(kid, str) else None
        if found is None:
            raise syntax.Malformed("kid names no key of ours")
        if header["alg"] != found[0]:
            raise syntax.Malformed("alg is not the algorithm of this key")
        return found

    def check_signature(self, jws: syntax.Jws, alg: str, public: Any) -> None:
        """Malformed unless the holder of this key signed exactly these bytes."""
        if not ALGORITHMS[alg].verify(jws.signed, public, jws.signature):
            raise syntax.Malformed("the signature does not fit these bytes")


class TypedToken(Token):
    """A simplejwt token whose kind stands in the header (`typ`), not in a claim.

    A new one begins with nothing but its `jti`, which has 128 random bits (simplejwt's have 122).
    What simplejwt would add follows the project's SIMPLE_JWT, which has no say in our tokens.
    """

    typ: ClassVar[str]
    lifetime = timedelta(0)  # every caller sets `exp` from the session's deadlines

    def __init__(self, token: Any = None, verify: bool = True) -> None:
        if token is not None:
            super().__init__(token, verify)
        else:
            self.token, self.payload = None, {"jti": opaque_id()}

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


class PastAccessToken(AccessToken):
    """An access token of any age: whoever lets it do more than end its session checks `exp`."""

    _token_backend = RingBackend(AccessToken.typ, ACCESS, expired_too=True)


class PastRefreshToken(RefreshToken):
    _token_backend = RingBackend(RefreshToken.typ, REFRESH, expired_too=True)


def issue(session: Session, key: str, now: datetime) -> Issued:
    """Sign a pair for the session's current generation; claims come fresh from the rows.

    `now` is the database's time, as all times of a row are. Servers check tokens without the
    database, by their own clocks, so that is what tokens are dated by: a database whose clock is
    wrong must keep nobody out. The end of a refresh token is the row's, which decides about it.
    """
    user: Any = session.user  # nobody issues for a session without one
    subject = subjects.of(user)  # before the rights, which may then not be older
    # In whole seconds: the same generation's tokens, issued again, must end at the same time.
    apart = timedelta(seconds=round(time.time() - now.timestamp()))
    now = (now + apart).replace(microsecond=0)
    ends = min(now + timedelta(seconds=conf.access_seconds), session.absolute_expires_at + apart)
    scope = " ".join(subjects.scopes_of(user))
    access, refresh = AccessToken(), RefreshToken()
    for token, expires_at in ((access, ends), (refresh, session.idle_expires_at)):
        token.payload |= {
            "iss": conf.issuer,
            "sub": subject.sub,
            "client_id": session.client,
            "iat": int(now.timestamp()),
            "exp": int(expires_at.timestamp()),
            "sid": session.id,
            "gen": session.generation,
        }
    access.payload |= {"aud": conf.audience, "ver": subject.ver, "scope": scope}
    refresh.payload |= {"aud": conf.refresh_audience, "key": key}
    return Issued(str(access), str(refresh), session, user, now, ends, scope)


# By the SHA-256 of the whole text. Only the signature's cost is saved, also that of a token which
# is too old: expiry is checked on every use below, revocation on every use by the caller.
verified: BoundedMemory[bytes, tuple[object, AccessClaims]] = BoundedMemory(4096)


def verify_access(text: str) -> AccessClaims:
    """The claims of a good access token; InvalidToken or ExpiredToken with the cause."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    ring = key_store.ring()
    known = verified.get(digest)
    # A changed ring forgets: a dropped key must refuse its tokens at once.
    if known is not None and known[0] is ring:
        claims = known[1]
    else:
        claims = AccessClaims.of(_verify(PastAccessToken, text))
        verified.put(digest, (ring, claims))
    if is_over(claims.exp):
        raise ExpiredToken(OVER)
    return claims


def verify_refresh(text: str) -> RefreshClaims:
    """The claims of a refresh token that is good as far as the token alone can tell."""
    return RefreshClaims.of(_verify(RefreshToken, text))


def named_sessions(texts: Iterable[str], client: str) -> set[str]:
    """The sessions that authentic tokens of this kind of client name, expired or not."""
    found = set()
    for text in texts:
        for kind in (PastAccessToken, PastRefreshToken):
            try:
                payload = _verify(kind, text)
            except InvalidToken:
                continue
            if payload["client_id"] == client:
                found.add(payload["sid"])
    return found


def is_anothers(text: str) -> bool:
    """Return whether this looks like a token that another issuer made.

    Nothing is verified: it decides no more than whether the cookie around it is left alone.
    """
    try:
        jws = syntax.parse(text)
        issuer = jws.claims().get("iss")
    except syntax.Malformed:
        return False
    kinds = (AccessToken.typ, RefreshToken.typ)
    return jws.header.get("typ") in kinds and isinstance(issuer, str) and issuer != conf.issuer


def _verify(kind: type[TypedToken], text: str) -> dict[str, Any]:
    try:
        return kind(text).payload
    except TokenError as error:
        cause = error.__cause__
        refusal = ExpiredToken if isinstance(cause, TokenBackendExpired) else InvalidToken
        raise refusal(str(cause)) from error


reset = verified.clear
