"""What every test of the core begins with: a fresh process, a key of its own, and some people."""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .clients import AttackerClient, BearerClient, BrowserClient
    from .happenings import Happenings

PACKAGE = __package__.rpartition(".")[0]

# Where a process keeps things in memory. Each has a reset() for tests. The last belongs to a part.
MODULES_WITH_STATE = (
    "credentials.budgets",
    "sessions.revocation",
    "tokens.key_store",
    "tokens.signing",
)
MODULES_OF_PARTS = ("people.delivery",)

OPTIONS = {
    "ISSUER": "http://localhost",
    "AUDIENCE": "gatehouse-api",
    "SCOPES": ["notes:read", "notes:write"],
    "STAFF_SCOPES": ["audit:read"],
    "ACCESS_SECONDS": 300,
    "IDLE_SECONDS": 7 * 86400,
    "ABSOLUTE_SECONDS": 30 * 86400,
    "GRACE_SECONDS": 10,
    "REVOCATION_POLL_SECONDS": 1,
    "TRUSTED_PROXIES": [],
    "COOKIE_MARK": "",
    "EXPLAIN_CSRF": False,
    "HASHING_PLACES": 6,
    "SIGNING_KEYS": "",
    "SECOND_FACTOR": "optional",
}


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Keep SQLite's database in a file: threads cannot share one in memory as processes would."""
    from django.db import connection

    test = connection.settings_dict["TEST"]
    if connection.vendor == "sqlite" and not test["NAME"]:
        test["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(scope="session")
def gatehouse_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where keys and the counter of revocations lie."""
    keys = import_module(f"{PACKAGE}.tokens.key_store")
    folder = tmp_path_factory.mktemp("gatehouse")
    keys.create(folder / "signing-keys.json")
    return folder


@pytest.fixture(autouse=True)
def _settings(settings: Any, gatehouse_folder: Path) -> None:
    """The suite's paths, issuer, keys and hasher in place of the project's."""
    settings.ROOT_URLCONF = f"{__package__}.urls"
    settings.ALLOWED_HOSTS = ["localhost"]
    settings.DEBUG = False
    settings.SECURE_SSL_REDIRECT = False
    settings.PASSWORD_HASHERS = [f"{__package__}.people.QuickHasher"]
    settings.CSRF_COOKIE_NAME = "__Host-csrftoken"
    settings.CSRF_COOKIE_SECURE = True
    settings.CSRF_COOKIE_SAMESITE = "Strict"
    settings.GATEHOUSE = {
        **getattr(settings, "GATEHOUSE", {}),
        **OPTIONS,
        "DATA_DIR": gatehouse_folder,
        "SIGNING_KEYS_FILE": gatehouse_folder / "signing-keys.json",
    }


@pytest.fixture(autouse=True)
def _fresh_process(_settings: None) -> None:
    """Each test begins as a process that has just started."""
    for name in MODULES_WITH_STATE:
        import_module(f"{PACKAGE}.{name}").reset()
    for name in MODULES_OF_PARTS:
        if f"{PACKAGE}.{name}" in sys.modules:
            sys.modules[f"{PACKAGE}.{name}"].reset()
    import_module(f"{PACKAGE}.sessions.session").confirmed.clear()


@pytest.fixture
def alice(db: None) -> Any:
    """A user."""
    return import_module(f"{__package__}.people").make_user("alice")


@pytest.fixture
def bob(db: None) -> Any:
    """Another user."""
    return import_module(f"{__package__}.people").make_user("bob")


@pytest.fixture
def browser_client(db: None) -> "BrowserClient":
    """A client that sends what a page sends. It is not signed in."""
    return import_module(f"{__package__}.clients").BrowserClient()


@pytest.fixture
def api_client(db: None) -> "BearerClient":
    """A program for Bearer tokens. It has none yet."""
    return import_module(f"{__package__}.clients").BearerClient()


@pytest.fixture
def mallory(db: None) -> "AttackerClient":
    """The attacker's own client."""
    return import_module(f"{__package__}.clients").AttackerClient()


@pytest.fixture
def happened() -> "Iterator[Happenings]":
    """What the core has told since the test began."""
    with import_module(f"{__package__}.happenings").listening() as found:
        yield found
