"""Settings of this package: `settings.GATEHOUSE`, typed, and read when they are used.

Reading at call time makes `override_settings` work and keeps one value from being captured at
import. An unknown key is an error (accounts.checks): a misspelt setting that is silently ignored
is how a credentials option ends up switched off.
"""

from pathlib import Path
from typing import Any

from django.conf import settings

DEFAULTS: dict[str, Any] = {
    "ISSUER": "",
    "AUDIENCE": "gatehouse-api",
    "ACCESS_SECONDS": 300,
    "IDLE_SECONDS": 7 * 86400,
    "ABSOLUTE_SECONDS": 30 * 86400,
    "GRACE_SECONDS": 10,
    "REVOCATION_POLL_SECONDS": 1,
    "API_CLIENTS": True,
    "TRUSTED_PROXIES": [],
    "SIGNING_KEYS": "",
    "SIGNING_KEYS_FILE": Path("signing-keys.json"),
    "DATA_DIR": Path(),
    "DEMO": False,
}

# Without "keep me signed in" a session is meant for one working day.
SHORT_IDLE_SECONDS = 12 * 3600
SHORT_ABSOLUTE_SECONDS = 24 * 3600

# How far two clocks may differ before a token that was just issued, or just expired, is refused.
LEEWAY_SECONDS = 5

# A step-up (password or identity provider) counts for this long.
STEP_UP_SECONDS = 300


def value(key: str) -> Any:
    """The setting `key`, or its default; KeyError for a name that does not exist."""
    return getattr(settings, "GATEHOUSE", {}).get(key, DEFAULTS[key])


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
    def access_seconds(self) -> int:
        return int(value("ACCESS_SECONDS"))

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
    def revocation_counter(self) -> Path:
        """The file whose length counts the revocations on this machine."""
        return Path(value("DATA_DIR")) / "revocations"

    @property
    def demo(self) -> bool:
        return bool(value("DEMO"))

    def lifetimes(self, remember: bool) -> tuple[int, int]:
        """Idle and absolute lifetime of a session, in seconds."""
        idle, absolute = int(value("IDLE_SECONDS")), int(value("ABSOLUTE_SECONDS"))
        if remember:
            return idle, absolute
        return min(idle, SHORT_IDLE_SECONDS), min(absolute, SHORT_ABSOLUTE_SECONDS)


conf = Conf()
