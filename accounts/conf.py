"""Settings of this package: `settings.GATEHOUSE`, typed, and read when they are used.

Reading at call time makes `override_settings` work and keeps one value from being captured at
import. An unknown key is an error (accounts.checks): a misspelt setting that is silently ignored
is how a credentials option ends up switched off.
A `Profile` runs the same code under other settings for the length of one context: a second issuer
with keys of its own beside the first, in one process.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

from accounts.defaults import DEFAULTS

# Without "keep me signed in" a session is meant for one working day.
SHORT_IDLE_SECONDS = 12 * 3600
SHORT_ABSOLUTE_SECONDS = 24 * 3600

# How far two clocks may differ before a token that was just issued, or just expired, is refused.
LEEWAY_SECONDS = 5

# A step-up (password or identity provider) counts for this long.
STEP_UP_SECONDS = 300


@dataclass(frozen=True, eq=False)
class Profile:
    """Settings that stand in for the usual ones. A cache that depends on settings is kept for
    each profile apart, so profiles are told apart by identity, not by value."""

    values: Mapping[str, Any]

    def __post_init__(self) -> None:
        unknown = sorted(set(self.values) - set(DEFAULTS))
        if unknown:
            raise KeyError(f"Unknown settings: {', '.join(unknown)}")


# A context variable: neither another thread nor the next request in this one sees it.
_profile: ContextVar[Profile | None] = ContextVar("accounts_profile", default=None)


@contextmanager
def override(profile: Profile) -> Iterator[None]:
    """Everything in this package reads `profile` first, until the context ends."""
    token = _profile.set(profile)
    try:
        yield
    finally:
        _profile.reset(token)


def value(key: str) -> Any:
    """The setting `key`, or its default; KeyError for a name that does not exist."""
    profile = _profile.get()
    if profile is not None and key in profile.values:
        return profile.values[key]
    return usual(key)


def usual(key: str) -> Any:
    """The same, whatever profile is in force."""
    return getattr(settings, "GATEHOUSE", {}).get(key, DEFAULTS[key])


@lru_cache(maxsize=8)
def _counter_in(folder: Path | str) -> Path:
    return Path(folder) / "revocations"  # asked for on each request, and slow to put together


class Conf:
    """The settings as typed attributes."""

    @property
    def issuer(self) -> str:
        """`iss` of every token; never taken from a request."""
        return str(value("ISSUER"))

    @property
    def audience(self) -> str:
        """`aud` of access tokens: the API."""
        return str(value("AUDIENCE"))

    @property
    def refresh_audience(self) -> str:
        """`aud` of refresh tokens: the refresh endpoint, so that neither passes as the other."""
        return f"{self.issuer}/auth/refresh"

    @property
    def profile(self) -> Profile | None:
        """The profile in force, or None."""
        return _profile.get()

    @property
    def access_seconds(self) -> int:
        return int(value("ACCESS_SECONDS"))

    @property
    def longest_access_seconds(self) -> int:
        """What the revocation feed, which all profiles share, must look back for."""
        return max(self.access_seconds, int(usual("ACCESS_SECONDS")))

    @property
    def grace_seconds(self) -> int:
        """The window in which a repeated refresh is answered, not punished."""
        return int(value("GRACE_SECONDS"))

    @property
    def poll_seconds(self) -> int:
        """How often each process reads the revocation feed; 0 asks the database every time."""
        return int(value("REVOCATION_POLL_SECONDS"))

    @property
    def api_clients(self) -> bool:
        return bool(value("API_CLIENTS"))

    @property
    def trusted_proxies(self) -> list[str]:
        return list(value("TRUSTED_PROXIES"))

    @property
    def signing_keys(self) -> str:
        """The private JWK Set itself; empty if it stands in `signing_keys_file`."""
        return str(value("SIGNING_KEYS"))

    @property
    def signing_keys_file(self) -> Path:
        return Path(value("SIGNING_KEYS_FILE"))

    @property
    def hashing_places(self) -> int:
        """How many sign-ins of a process may hash or wait; below its number of threads."""
        return int(value("HASHING_PLACES"))

    @property
    def cookie_mark(self) -> str:
        """Stands in the names of the token cookies; tells those of a profile from the usual."""
        return str(value("COOKIE_MARK"))

    @property
    def revocation_counter(self) -> Path:
        """The file whose length counts the revocations on this machine."""
        return _counter_in(value("DATA_DIR"))

    @property
    def exports(self) -> dict[str, str]:
        """Parts of a person's data export that other apps add: name to dotted function path."""
        return dict(value("EXPORTS"))

    @property
    def home(self) -> str:
        """The page after a sign-in through the identity provider that named none."""
        return str(value("HOME"))

    @property
    def mail(self) -> bool:
        """Whether this server can send mail; without it nobody can register or reset."""
        return bool(value("MAIL"))

    @property
    def oidc_issuer(self) -> str:
        """The identity provider; empty if there is none."""
        return str(value("OIDC_ISSUER"))

    @property
    def oidc_client(self) -> tuple[str, str, str]:
        """Our client id and secret at the identity provider, and its name for people."""
        return value("OIDC_CLIENT_ID"), value("OIDC_CLIENT_SECRET"), value("OIDC_NAME")

    @property
    def oidc_trust_email(self) -> bool:
        """Whether an address counts as verified where the provider does not say."""
        return bool(value("OIDC_TRUST_EMAIL"))

    @property
    def demo(self) -> bool:
        return bool(value("DEMO"))

    @property
    def name(self) -> str:
        """What the service is called in mails and in the administration."""
        return str(value("NAME"))

    def lifetimes(self, remember: bool) -> tuple[int, int]:
        """Idle and absolute lifetime of a session, in seconds."""
        idle, absolute = int(value("IDLE_SECONDS")), int(value("ABSOLUTE_SECONDS"))
        if remember:
            return idle, absolute
        return min(idle, SHORT_IDLE_SECONDS), min(absolute, SHORT_ABSOLUTE_SECONDS)


conf = Conf()
