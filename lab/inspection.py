"""What the inspector says of a token cookie: decoded, verified, and the cookie around it.

Three answers that are never one: decoding works on anything and proves nothing. The signature
stays here, so nothing that leaves could be replayed; an endpoint that echoed the cookie to script
would undo HttpOnly.
"""

from collections.abc import Callable
from typing import Any

from accounts import tokens
from accounts.errors import InvalidToken, RevokedSession, SessionEnded
from accounts.sessions import revocation, rotation
from accounts.tokens import key_store, signing
from accounts.web import cookies
from lab import redaction

# Each attribute of the cookie with the sentence that says why it is there.
WHY = {
    "Secure": "Travels over https alone (most browsers make an exception for localhost).",
    "HttpOnly": "No script can read, write or overwrite it.",
    "SameSite=Strict": "Stays behind when another site sends the request.",
    "Path=/": "Goes with every path: the name prefix demands it, and a path protects nothing.",
    "no Domain": "This host alone gets it: no sibling, no subdomain.",
    "Max-Age": "The browser forgets it when the time of the token is over.",
    "__Host-Http-": "The name itself: browsers refuse it unless a server set it, with Secure,"
    " HttpOnly, Path=/ and no Domain. So nobody can plant one.",
}


def inspect(name: str, text: str | None, typ: str) -> dict[str, Any] | None:
    """The three answers about one cookie, or None if the browser sent none."""
    if text is None:
        return None
    return {
        "decode": redaction.token(text),
        "verify": verify(text, typ),
        "cookie": {"name": name, "length": len(text), "attributes": attributes()},
    }


def access_is_good(text: str) -> None:
    """As the API asks: the token, then its session."""
    revocation.check(tokens.verify_access(text))


def refresh_is_good(text: str) -> None:
    """As the refresh endpoint asks, without turning anything: the token, then the session's row."""
    rotation.load(tokens.verify_refresh(text))


# By the `typ` of the kind of token: the very functions that the endpoints use.
VERIFIERS: dict[str, Callable[[str], None]] = {
    signing.AccessToken.typ: access_is_good,
    signing.RefreshToken.typ: refresh_is_good,
}


def verify(text: str, typ: str) -> dict[str, Any]:
    """Whether the token is good, with which key, and what was checked for it."""
    try:
        VERIFIERS[typ](text)
    except (InvalidToken, SessionEnded) as refusal:
        return {"good": False, "cause": cause(refusal), "checks": []}
    decoded = redaction.token(text)
    claims, kid = decoded["claims"], decoded["header"]["kid"]
    return {
        "good": True,
        "cause": "",
        "key": f"{kid} ({key_store.ring().by_kid[kid].status})",
        "checks": [
            "three base64url segments, canonical",
            f"typ is {typ}",
            "kid names a key of ours, alg is the one of that key",
            "signature (ES256)",
            "every claim present and of its type",
            f"iss is {claims['iss']}",
            f"aud is {claims['aud']}",
            "iat and exp, with 5 s leeway",
            "its session has not ended",
        ],
    }


def cause(refusal: InvalidToken | SessionEnded) -> str:
    """Why: only who holds an authentic token learns more than that it is none."""
    if isinstance(refusal, RevokedSession | SessionEnded):
        return f"authentic, and yet refused: {refusal.cause}"
    return "its time (exp) is over" if "exp" in refusal.cause else "not a token of ours for here"


def attributes() -> list[dict[str, str]]:
    """The attributes that every token cookie has, read from the table that sets them."""
    table = cookies.ATTRIBUTES
    given = [
        "__Host-Http-",
        *(["HttpOnly"] if table["httponly"] else []),
        *(["Secure"] if table["secure"] else []),
        f"SameSite={table['samesite']}",
        f"Path={table['path']}",
        "no Domain",
        "Max-Age",
    ]
    return [{"name": name, "why": WHY[name]} for name in given]
