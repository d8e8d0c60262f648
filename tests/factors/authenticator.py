"""An authenticator in software, for one key: what a phone and its browser would answer.

The answers are those of `soft-fido2`, which shares no code with the library that checks them. What
is added here is what it does not do: the flags of a passkey that is kept in several devices, and
whatever a test wants to be wrong.
"""

import json
from typing import Any

from soft_fido2 import Fido2Authenticator, KeyPair

from accounts.tokens.keys import unb64

PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40
SYNCED = ELIGIBLE | BACKED_UP
FLAGS = 32  # where they stand in the authenticator's data


class Authenticator(Fido2Authenticator):  # type: ignore[misc]  # it has no types
    """One passkey. What a test changes is what is wrong with the next answer."""

    origin = "http://localhost"
    rp_id = "localhost"
    flags = PRESENT | VERIFIED | SYNCED
    cross_origin = False
    kind = ""

    def __init__(self, *, flags: int = flags, **options: Any) -> None:
        super().__init__(disableCounter=True, **options)
        self.flags = flags
        self.id = unb64(self.get_credential_id())
        self.handle: bytes | None = None

    def lose_key(self) -> None:
        """Sign with another key from now on, under the same id."""
        self.kp = KeyPair.generate_ecdsa()

    def make(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to the options for a new passkey."""
        asked = options["publicKey"]
        self.handle = unb64(asked["user"]["id"])
        self.cib = self.id
        return as_browsers_write(self.credential_create(asked, "none"))

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to the options for a sign-in."""
        self.cib, self.userHandle = self.id, self.handle
        return as_browsers_write(self.credential_request(options["publicKey"]))

    def build_client_data_JSON(self, pk: dict[str, Any]) -> str:  # noqa: N802  (the library's name)
        said = json.loads(super().build_client_data_JSON({**pk, "origin": self.origin}))
        said["crossOrigin"] = self.cross_origin
        said["type"] = self.kind or said["type"]
        return json.dumps(said)

    def build_authenticator_data(self, pk: dict[str, Any], *rest: Any) -> bytes:
        new = "rp" in pk
        asked = {**pk, "rp": {"id": self.rp_id}} if new else {**pk, "rpId": self.rp_id}
        data = bytearray(super().build_authenticator_data(asked, *rest))
        data[FLAGS] = self.flags | (ATTESTED if new else 0)
        return bytes(data)


def as_browsers_write(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the answer in WebAuthn's JSON (Level 3 section 5.1): base64url without padding."""
    del answer["getClientExtensionResults"]
    parts = {name: text.rstrip("=") for name, text in answer["response"].items()}
    return {**answer, "response": parts, "clientExtensionResults": {}}
