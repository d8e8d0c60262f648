"""Read the compact JWS form strictly, before `signing` checks the signature.

RFC 7515 sections 3 and 4, RFC 7519 section 7.2, draft-ietf-oauth-rfc8725bis section 3.14. Token
libraries are more generous than that in places (padding, duplicate names, other encodings of
JSON). With one meaning for each text, two readers cannot disagree about a token.
"""

import base64
import re
from dataclasses import dataclass
from typing import Any

from ..strict_json import NAMES_ONCE, NoObject, read_object

# Our own tokens have about 500 bytes. The length is checked first, since decoding longer ones
# costs more.
LONGEST = 4096

COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)", re.ASCII)


class Malformed(Exception):  # noqa: N818  (it names what the text is)
    """Raised for a text that is no token of ours. Its message says why."""


@dataclass(frozen=True, slots=True)
class Jws:
    """A compact JWS, taken apart and not yet verified."""

    header: dict[str, Any]
    signed: bytes
    payload: bytes
    signature: bytes

    def claims(self) -> dict[str, Any]:
        """Return the claims in the payload. Raise Malformed if it is no JSON object.

        Call it once the signature has been checked.
        """
        return _read_object(self.payload, "payload")


def parse(text: object) -> Jws:
    """Return the parts of a compact JWS. Raise Malformed if the text is anything else."""
    if not isinstance(text, str) or len(text) > LONGEST:
        raise Malformed(f"longer than {LONGEST} characters, or not text")
    parts = COMPACT.fullmatch(text)
    if parts is None:
        raise Malformed("not three base64url segments")
    header, payload, signature = map(_decode, parts.groups())
    if len(signature) != 64:
        raise Malformed("the signature has not the length of its algorithm")
    signed = text[: parts.end(2)].encode("ascii")
    return Jws(_read_object(header, "header"), signed, payload, signature)


def _decode(segment: str) -> bytes:
    if len(segment) % 4 == 1:
        raise Malformed("a segment is cut off")
    data = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    # Unused bits of the last character must be zero, or one signature has several spellings
    # (CVE-2026-102269).
    if base64.urlsafe_b64encode(data).rstrip(b"=") != segment.encode("ascii"):
        raise Malformed("a segment is not canonical base64url")
    return data


def _read_object(data: bytes, what: str) -> dict[str, Any]:
    try:
        return read_object(data, what, NAMES_ONCE)
    except NoObject as error:
        raise Malformed(str(error)) from error
