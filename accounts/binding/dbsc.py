"""Device Bound Session Credentials: what the browser and we say to each other (W3C draft, 2026-02).

At sign-in we offer (`offer`) to bind the session. The browser makes a key, signs our challenge and
gets a companion. Before a request to the API that has no fresh companion it asks us for a challenge
and signs that. Pages and scripts see nothing of it, and their requests wait meanwhile.
We keep nothing but the key's thumbprint, in the session's row. The key itself stands in what the
browser calls the session by (`Name`), under a signature of ours.
"""

import hmac
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core import signing
from django.dispatch import receiver
from django.http import HttpRequest
from django.http.request import split_domain_port
from django.http.response import HttpResponseBase

from .. import signals
from ..credentials import challenges
from ..credentials.challenges import BadChallengeError
from ..models import Session
from ..tokens.claims import Issued
from ..tokens.jws import Malformed
from ..tokens.keys import b64, unb64
from . import companion, keys
from .conf import conf

TYP = "dbsc+jwt"
REGISTRATION, REFRESH = "/auth/binding", "/auth/binding/refresh"
SALT = "gatehouse.binding.name"

# Only these are held until the device has signed. Pages are public, and each file that is held
# could cost a signature of a slow chip.
HELD = ("/api", "/auth")


@receiver(signals.handing_out)
def offer(sender: None, *, response: HttpResponseBase, issued: Issued, **kwargs: Any) -> None:
    """Offer the browser to bind a session that has just begun in it."""
    session = issued.session
    if conf.binding and session.generation == 1 and not session.jkt:
        challenge = b64(challenges.make(beginning(session.id)))
        response.headers["Secure-Session-Registration"] = (
            f'(ES256);path="{REGISTRATION}";challenge="{challenge}";authorization="{session.id}"'
        )


def beginning(session_id: str) -> str:
    """Return the purpose of a challenge that binds this session."""
    return f"bind {session_id}"


def renewal(session_id: str) -> str:
    """Return the purpose of a challenge that renews the companion of this session."""
    return f"renew {session_id}"


def proof_in(request: HttpRequest) -> str:
    """Return the proof that came with the request. It is empty if none did."""
    text: str = request.META.get("HTTP_SECURE_SESSION_RESPONSE", "")
    # A token or a string of RFC 9651: browsers send the one, the draft's examples show the other.
    quoted = len(text) > 1 and text[0] == text[-1] == '"'
    return text[1:-1] if quoted else text


def session_to_bind(text: str) -> "Name":
    """Return what the session that a first proof is for will be called.

    The session is the one that our challenge was made for. No cookie says it: a browser that comes
    back from an identity provider withholds them here. Raise Malformed or BadChallengeError. The
    challenge is used up.
    """
    proof = keys.read_proof(text, TYP)
    key, _ = keys.read_key(proof.header.get("jwk"))
    claims = keys.verify(proof, key)
    session_id = claims.get("authorization")
    if not isinstance(session_id, str):
        raise Malformed("authorization is not what we gave")
    use_challenge(beginning(session_id), claims.get("jti"))
    return Name(session_id, key)


def check_renewal(text: str, name: "Name") -> None:
    """Raise Malformed unless the session's own key signed, and BadChallengeError if too late."""
    proof = keys.read_proof(text, TYP)
    claims = keys.verify(proof, name.key)
    use_challenge(renewal(name.session_id), claims.get("jti"))


def use_challenge(purpose: str, text: Any) -> None:
    """Use a challenge up. Raise BadChallengeError unless it is ours, for this, fresh and unused."""
    try:
        challenge = unb64(text) if isinstance(text, str) else b""
    except ValueError:
        challenge = b""
    # One challenge has one spelling, or it could be used once in each.
    if not hmac.compare_digest(b64(challenge).encode(), str(text).encode()):
        raise BadChallengeError("no challenge of ours")
    challenges.check(purpose, challenge)
    challenges.use(challenge)


@dataclass(frozen=True)
class Name:
    """What a browser calls a bound session by: its id and its public key, signed by us.

    So nobody can end a session of others, or ask for its challenges, by knowing its id.
    """

    session_id: str
    key: ec.EllipticCurvePublicKey

    def __str__(self) -> str:
        point = self.key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        return signing.Signer(salt=SALT).sign(f"{self.session_id}.{b64(point)}")

    @classmethod
    def read(cls, text: str) -> "Name | None":
        """Return what is called so, or None if we did not write it."""
        try:
            session_id, _, point = signing.Signer(salt=SALT).unsign(text).partition(".")
        except signing.BadSignature:
            return None
        curve = ec.SECP256R1()
        return cls(session_id, ec.EllipticCurvePublicKey.from_encoded_point(curve, unb64(point)))

    @property
    def jkt(self) -> str:
        """Return the key's thumbprint."""
        numbers = self.key.public_numbers()
        x, y = (b64(one.to_bytes(keys.COORDINATE, "big")) for one in (numbers.x, numbers.y))
        return keys.thumbprint({"crv": "P-256", "kty": "EC", "x": x, "y": y})

    def names(self, session: Session) -> bool:
        """Return whether this is the session, and bound to this key."""
        return bool(session.jkt) and hmac.compare_digest(session.jkt, self.jkt)


def description(request: HttpRequest, name: Name) -> dict[str, Any]:
    """Return what the browser is told of a bound session: which requests need the companion."""
    host = request.get_host()
    domain, _ = split_domain_port(host)
    rules = [("exclude", "/"), *(("include", path) for path in HELD)]
    return {
        "session_identifier": str(name),
        "refresh_url": REFRESH,
        "scope": {
            "origin": f"{request.scheme}://{host}",
            "include_site": False,
            "scope_specification": [
                {"type": kind, "domain": domain, "path": path} for kind, path in rules
            ],
        },
        "credentials": [
            {"type": "cookie", "name": companion.name(), "attributes": companion.ATTRIBUTES}
        ],
    }
