"""The compact JWS form, read strictly: what a token must look like before its signature counts.

RFC 7515 sections 3 and 4, RFC 7519 section 7.2, RFC 8725 section 3.14. PyJWT is more generous
than that in places (padding, duplicate names, other encodings of JSON); one meaning for one text
is what keeps two readers from disagreeing about a token.
"""

import base64
import json
import re
from typing import Any, NoReturn

from accounts.watching import watched

# Our own tokens have about 500 bytes. The cap comes first: decoding costs what the sender chose.
LONGEST = 4096

COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)", re.ASCII)


class Malformed(Exception):  # noqa: N818  (it names what the text is)
    """The text is no token of ours; says why."""


@watched
def parse(text: object) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a compact JWS, unverified; Malformed if it is anything else."""
    if not isinstance(text, str) or len(text) > LONGEST:
        raise Malformed(f"longer than {LONGEST} characters, or not text")
    parts = COMPACT.fullmatch(text)
    if parts is None:
        raise Malformed("not three base64url segments")
    header, claims, signature = (_decode(segment) for segment in parts.groups())
    if len(signature) != 64:
        raise Malformed("the signature has not the length of its algorithm")
    return _read_object(header, "header"), _read_object(claims, "payload")


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
        # Decoded here, for json.loads would also guess UTF-16 and UTF-32.
        found = json.loads(
            data.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError) as error:
        raise Malformed(f"the {what} is not JSON in UTF-8") from error
    if not isinstance(found, dict):
        raise Malformed(f"the {what} is not an object")
    return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed("a member name stands twice")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise Malformed(f"{name} is not JSON")
