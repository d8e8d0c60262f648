"""What verified tokens say, and what issuing gives back: plain values, no behaviour."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from accounts.models import Session, User


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What a verified access token says."""

    sub: str
    sid: str
    gen: int
    ver: int
    client_id: str
    scope: frozenset[str]
    exp: int

    @property
    def expires_at(self) -> datetime:
        return datetime.fromtimestamp(self.exp, UTC)


@dataclass(frozen=True, slots=True)
class RefreshClaims:
    """What a verified refresh token says. `key` is the session's secret."""

    sub: str
    sid: str
    gen: int
    client_id: str
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Issued:
    """A pair of tokens with the moments they end; the texts must reach cookies or a body only."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    session: Session
    user: User
    issued_at: datetime
    access_expires_at: datetime
    scope: str
