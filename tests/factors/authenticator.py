"""An authenticator in software, for one key: what a phone and its browser would answer.

It is made of `cryptography` and bytes, not of the library that checks its answers.
"""

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from accounts.tokens.keys import b64, unb64

PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40
SYNCED = ELIGIBLE | BACKED_UP


def cbor(value: Any) -> bytes:
    """The few kinds that an authenticator writes (RFC 8949)."""
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value)) + value.encode()
    return head(5, len(value)) + b"".join(cbor(k) + cbor(v) for k, v in value.items())


def head(kind: int, size: int) -> bytes:
    if size < 24:
        return bytes([kind << 5 | size])
    if size < 256:
        return bytes([kind << 5 | 24, size])
    return bytes([kind << 5 | 25]) + size.to_bytes(2, "big")


@dataclass
class Authenticator:
    """One passkey. What a test changes is what is wrong with the next answer."""

    origin: str = "http://localhost"
    rp_id: str = "localhost"
    flags: int = PRESENT | VERIFIED | SYNCED
    counter: int = 0
    cross_origin: bool = False
    algorithm: int = -7
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    handle: bytes | None = None
    key: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def client_data(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin}
        return json.dumps({**said, "crossOrigin": self.cross_origin}).encode()

    def data(self, flags: int) -> bytes:
        rp = hashlib.sha256(self.rp_id.encode()).digest()
        return rp + bytes([flags]) + self.counter.to_bytes(4, "big")

    def public_key(self) -> bytes:
        numbers = self.key.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        return cbor({1: 2, 3: self.algorithm, -1: 1, -2: x, -3: y})

    def make(self, options: dict[str, Any], kind: str = "webauthn.create") -> dict[str, Any]:
        """The answer to the options for a new passkey."""
        asked = options["publicKey"]
        self.handle = unb64(asked["user"]["id"])
        size = len(self.id).to_bytes(2, "big")
        made = self.data(self.flags | ATTESTED) + bytes(16) + size + self.id + self.public_key()
        attestation = cbor({"fmt": "none", "attStmt": {}, "authData": made})
        return self.answer(
            clientDataJSON=self.client_data(kind, asked["challenge"]),
            attestationObject=attestation,
        )

    def get(self, options: dict[str, Any], kind: str = "webauthn.get") -> dict[str, Any]:
        """The answer to the options for a sign-in."""
        client = self.client_data(kind, options["publicKey"]["challenge"])
        data = self.data(self.flags)
        signed = data + hashlib.sha256(client).digest()
        signature = self.key.sign(signed, ec.ECDSA(hashes.SHA256()))
        response = {"clientDataJSON": client, "authenticatorData": data, "signature": signature}
        return self.answer(**response, **({"userHandle": self.handle} if self.handle else {}))

    def answer(self, **response: bytes) -> dict[str, Any]:
        return {
            "id": b64(self.id),
            "rawId": b64(self.id),
            "type": "public-key",
            "clientExtensionResults": {},
            "response": {name: b64(value) for name, value in response.items()},
        }
