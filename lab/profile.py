"""The settings under which the lab runs the app's own code.

The keys are made at random on the first start and kept in the data directory, so that all server
processes share them. The real API refuses the lab's issuer and audience. The cookies carry a mark,
and lives are so short that one can watch them end.
"""

from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from accounts.conf import LEEWAY_SECONDS
from accounts.tokens import key_store
from lab import jar

ACCESS_SECONDS = 20
GRACE_SECONDS = 3
IDLE_SECONDS = 20 * 60
ABSOLUTE_SECONDS = 3600


def lab() -> dict[str, Any]:
    """`with conf.override(profile.lab()):` is the lab."""
    usual: dict[str, Any] = settings.GATEHOUSE
    return {
        "ISSUER": f"{usual['ISSUER']}/lab",
        "AUDIENCE": "gatehouse-lab",
        "ACCESS_SECONDS": ACCESS_SECONDS,
        "GRACE_SECONDS": GRACE_SECONDS,
        "IDLE_SECONDS": IDLE_SECONDS,
        "ABSOLUTE_SECONDS": ABSOLUTE_SECONDS,
        "COOKIE_MARK": jar.MARK,
        "SIGNING_KEYS": "",
        "SIGNING_KEYS_FILE": key_file("lab-signing-keys.json"),
        "API_CLIENTS": False,
        "SECOND_FACTOR": "optional",
        "BINDING": False,
        "REQUIRE_BINDING": False,
    }


@cache
def key_file(name: str) -> Path:
    """Return the path of a file of the lab's keys. The keys are made where there are none."""
    path: Path = settings.GATEHOUSE["DATA_DIR"] / name
    key_store.create(path)
    return path


def expired() -> dict[str, Any]:
    """The same, for access tokens whose time was over before they were signed."""
    return {**lab(), "ACCESS_SECONDS": -LEEWAY_SECONDS - 1}
