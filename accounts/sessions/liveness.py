"""Is a session live, and is this its refresh token? Reads rows, changes none.

Serves steps 7 and 8, for `accounts.sessions` and for views that need the row behind a token.
"""

import hashlib
import hmac
from datetime import datetime

from django.db.models.functions import Now

from .. import rows, tokens
from ..errors import InvalidToken, SessionEnded
from ..models import Session
from ..tokens.claims import RefreshClaims


def refreshable(token: str, *, client: str) -> Session:
    """The live session that a refresh token belongs to; SessionEnded if it is good for none."""
    return load(claims_of(token, client))[0]


def claims_of(token: str, client: str) -> RefreshClaims:
    """The claims of an authentic refresh token of this kind of client; SessionEnded if none."""
    try:
        claims = tokens.verify_refresh(token)
    except InvalidToken as error:
        raise SessionEnded(str(error)) from error
    if claims.client_id != client:
        raise SessionEnded("a token of another kind of client")
    return claims


def load(claims: RefreshClaims) -> tuple[Session, datetime]:
    """The row that a refresh token names, and the database's clock, in one query."""
    found = rows.find(claims.sid)
    if found is None:
        raise SessionEnded("unknown session")
    session, now = found
    if not hmac.compare_digest(session.key_hash, hash_key(claims.key)):
        raise SessionEnded("wrong key")
    refusal = why_not_live(session, now)
    if refusal:
        raise SessionEnded(refusal)
    return session, now


def why_not_live(session: Session, now: datetime) -> str:
    """Why this session is over, or an empty text."""
    if session.ended_at is not None:
        return f"ended: {session.end_reason}"
    if now >= session.idle_expires_at or now >= session.absolute_expires_at:
        return "past its deadline"
    if session.user is None or not session.user.is_active:
        return "the user is gone or inactive"
    return ""


def find_live(session_id: str, user_sub: str) -> Session | None:
    """The live session of that id and user, or None; the user comes with it."""
    session = (
        Session.objects.select_related("user__gatehouse_subject")
        .annotate(now=Now())
        .filter(id=session_id, user__gatehouse_subject__sub=user_sub)
        .first()
    )
    if session is None or why_not_live(session, session.now):
        return None
    return session


def hash_key(key: str) -> str:
    """What the row keeps of a refresh token's `key`: random enough for a plain SHA-256."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
