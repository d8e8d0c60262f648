"""Every setting of this package and its default (accounts.conf reads them)."""

from pathlib import Path
from typing import Any

DEFAULTS: dict[str, Any] = {
    "NAME": "Gatehouse",
    "ISSUER": "",
    "AUDIENCE": "gatehouse-api",
    "SCOPES": [],
    "STAFF_SCOPES": [],
    "USER": "",
    "ACCESS_SECONDS": 300,
    "IDLE_SECONDS": 7 * 86400,
    "ABSOLUTE_SECONDS": 30 * 86400,
    "GRACE_SECONDS": 10,
    "REVOCATION_POLL_SECONDS": 1,
    "API_CLIENTS": True,
    "TRUSTED_PROXIES": [],
    "SIGNING_KEYS": "",
    "SIGNING_KEYS_FILE": Path("signing-keys.json"),
    "COOKIE_MARK": "",
    # Fewer than the threads of a server process, or a flood of sign-ins takes them all.
    "HASHING_PLACES": 6,
    "DATA_DIR": Path(),
    "EXPORTS": {},
    "HOME": "/notes",
    "MAIL": True,
    "DEMO": False,
    "OIDC_ISSUER": "",
    "OIDC_CLIENT_ID": "",
    "OIDC_CLIENT_SECRET": "",
    "OIDC_NAME": "your organisation",
    "OIDC_TRUST_EMAIL": False,
}
