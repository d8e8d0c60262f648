"""The settings under which the lab runs the app's own code.

Keys made at random on the first start and kept in the data directory, so that all server
processes share them; an issuer and an audience that the real API refuses; cookies that carry a
mark; lives so short that one can watch them end.
"""

from functools import cache
from typing import Any

from django.conf import settings

from accounts import keys
from accounts.conf import LEEWAY_SECONDS, Profile

ACCESS_SECONDS = 20
GRACE_SECONDS = 3
IDLE_SECONDS = 20 * 60
ABSOLUTE_SECONDS = 3600


@cache
def lab() -> Profile:
    """`with conf.override(profile.lab()):` is the lab; made once, since caches go by identity."""
    usual: dict[str, Any] = settings.GATEHOUSE
    signing_keys = usual["DATA_DIR"] / "lab-signing-keys.json"
    keys.create(signing_keys)
    return Profile(
        {
            "ISSUER": f"{usual['ISSUER']}/lab",
            "AUDIENCE": "gatehouse-lab",
            "ACCESS_SECONDS": ACCESS_SECONDS,
            "GRACE_SECONDS": GRACE_SECONDS,
            "IDLE_SECONDS": IDLE_SECONDS,
            "ABSOLUTE_SECONDS": ABSOLUTE_SECONDS,
            "COOKIE_MARK": "lab_",
            "SIGNING_KEYS": "",
            "SIGNING_KEYS_FILE": signing_keys,
            "API_CLIENTS": False,
        }
    )


@cache
def expired() -> Profile:
    """The same, for access tokens whose time was over before they were signed."""
    return Profile({**lab().values, "ACCESS_SECONDS": -LEEWAY_SECONDS - 1})
