"""The forging cards: each is one attack on a verifier, with a twist that changes its outcome.

They make tokens in the workshop (lab.forge) and say which naive reader falls for them and what
the guard is called. lab.verdicts finds out whether the real code does refuse them.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from accounts.conf import conf
from accounts.models import opaque_id
from accounts.tokens import keys
from lab.forge import attackers_key, claims, header, pem, sign


@dataclass(frozen=True)
class Forged:
    """What the forger made, before it is one text."""

    header: dict[str, Any]
    claims: dict[str, Any]
    how: str
    secret: bytes = b""

    def token(self) -> str:
        return sign(self.header, self.claims, self.how, self.secret)


def tampered(twist: bool) -> Forged:
    """Twist: nothing is changed, so the signature is a good one."""
    if twist:
        return Forged(header(), claims(), "workshop")
    return Forged(header(), claims(sub="admin"), "kept")


def without_signature(twist: bool) -> Forged:
    """A signature is left standing, so that it fails for its `alg`. Twist: there is none at all."""
    return Forged(header(alg="none"), claims(sub="admin"), "none" if twist else "kept")


def confused(twist: bool) -> Forged:
    """HS512, since its signature has ES256's 64 bytes. Twist: without the PEM's last newline."""
    secret = pem().rstrip(b"\n") if twist else pem()
    return Forged(header(alg="HS512"), claims(sub="admin"), "hs512", secret)


def expired(twist: bool) -> Forged:
    """Twist: by three seconds only, which is within the leeway for clocks that differ."""
    now = int(time.time())
    over = 3 if twist else 3600
    then = now - over - 300
    return Forged(header(), claims(auth_time=then, iat=then, exp=then + 300), "workshop")


def for_another(twist: bool) -> Forged:
    """Twist: for this API after all."""
    return Forged(header(), claims() if twist else claims(aud="billing-api"), "workshop")


def from_the_lab(twist: bool) -> Forged:
    """A good token of the workshop, for the real API. Twist: with the real issuer's name."""
    issuer = settings.GATEHOUSE["ISSUER"] if twist else conf.issuer
    real = settings.GATEHOUSE["AUDIENCE"]
    return Forged(header(), claims(iss=issuer, aud=real if twist else conf.audience), "workshop")


def refresh_token(twist: bool) -> Forged:
    """Twist: relabelled as an access token, with its claims as they were."""
    body = claims(aud=conf.refresh_audience, key=opaque_id())
    del body["ver"], body["scope"], body["auth_time"], body["amr"], body["acr"]
    return Forged(header("at+jwt" if twist else "rt+jwt"), body, "workshop")


def foreign_typ(twist: bool) -> Forged:
    """Another kind of token that the same key signs. Twist: the right typ."""
    return Forged(header("at+jwt" if twist else "logout+jwt"), claims(), "workshop")


def brought_key(twist: bool) -> Forged:
    """The key rides in the header. Twist: without it, signed by the attacker all the same."""
    numbers = attackers_key().public_key().public_numbers()
    x, y = (keys.b64(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
    jwk: dict[str, Any] = {} if twist else {"jwk": {"kty": "EC", "crv": "P-256", "x": x, "y": y}}
    return Forged(header(**jwk), claims(sub="admin"), "attacker")


def invented_kid(twist: bool) -> Forged:
    """A key id that names nothing. Twist: the one that the naive reader's table has."""
    kid = "hmac-2019" if twist else "../../dev/null"
    return Forged(header(alg="HS512", kid=kid), claims(sub="admin"), "hs512", b"")


@dataclass(frozen=True)
class Card:
    """`reader` is the naive one that falls for it. `real_api`: judged by the app's own settings."""

    slug: str
    make: Callable[[bool], Forged]
    reader: str
    real_api: bool = False


CARDS = {
    card.slug: card
    for card in (
        Card("tampered", tampered, "decode_only"),
        Card("none", without_signature, "trusts_none"),
        Card("confusion", confused, "trusts_alg"),
        Card("expired", expired, "signature_only"),
        Card("audience", for_another, "signature_only"),
        Card("lab-token", from_the_lab, "signature_only", real_api=True),
        Card("refresh", refresh_token, "signature_only"),
        Card("typ", foreign_typ, "signature_only"),
        Card("jwk", brought_key, "trusts_jwk"),
        Card("kid", invented_kid, "trusts_kid"),
    )
}
