"""Sets up Django, the database engine and the people for every test.

GATEHOUSE_TEST_ENGINE chooses the engine: sqlite (default) or postgres, which is started here.
"""

import io
import logging
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from tests import servers

if TYPE_CHECKING:
    from accounts.users.models import User
    from tests.clients import AttackerClient, BearerClient, BrowserClient
    from tests.federation.stand_in import StandIn

# Where a process of the app keeps things in memory; each has a reset() for tests.
MODULES_WITH_STATE = (
    "accounts.people.afterwards",
    "accounts.tokens.key_store",
    "accounts.federation.provider",
    "accounts.sessions.revocation",
    "accounts.credentials.budgets",
    "accounts.tokens.signing",
)

# What the first process made, for those that pytest-xdist adds: they inherit the environment.
STARTED_URL = "GATEHOUSE_TEST_DATABASE_URL"
FOLDER = "GATEHOUSE_TEST_FOLDER"


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Prepares the environment, then loads the settings (pytest-django finishes the set-up)."""
    if not hasattr(config, "workerinput"):
        # A stopped run (a time limit in CI) must end its servers as an interrupted one does.
        signal.signal(signal.SIGTERM, _interrupt)

    engine = os.environ.pop("GATEHOUSE_TEST_ENGINE", "sqlite")
    url = os.environ.get(STARTED_URL)
    if engine not in {"sqlite", "postgres"}:
        raise pytest.UsageError(f"GATEHOUSE_TEST_ENGINE must be sqlite or postgres, not {engine}.")
    if engine == "postgres" and not url:
        server = servers.Postgres().__enter__()
        config.add_cleanup(server.__exit__)
        os.environ[STARTED_URL] = url = server.url

    # Whatever the developer has set for their own server does not reach the tests.
    for name in [name for name in os.environ if name.startswith("GATEHOUSE_")]:
        if not name.startswith("GATEHOUSE_TEST_"):
            del os.environ[name]
    if FOLDER not in os.environ:
        os.environ[FOLDER] = folder = tempfile.mkdtemp(prefix="gatehouse-test-")
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "GATEHOUSE_MODE": "demo",
        "GATEHOUSE_ISSUER": "http://localhost",
    }
    if url:
        os.environ["GATEHOUSE_DATABASE_URL"] = url

    import django

    django.setup()


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def pytest_report_header() -> str:
    return f"engine: {'PostgreSQL' if STARTED_URL in os.environ else 'SQLite'}"


@pytest.fixture(autouse=True)
def _fresh_process() -> None:
    """Each test begins as a process that has just started."""
    for name in MODULES_WITH_STATE:
        import_module(name).reset()


@pytest.fixture
def alice(db: None) -> "User":
    """A user."""
    return _create("alice@example.com", "Alice")


@pytest.fixture
def bob(db: None) -> "User":
    """Another user."""
    return _create("bob@example.com", "Bob")


@pytest.fixture
def carol(db: None) -> "User":
    """A member of staff: the one who may read the audit log."""
    return _create("carol@example.com", "Carol", is_staff=True)


def _create(email: str, name: str, *, is_staff: bool = False) -> "User":
    from accounts.users.models import User
    from tests.clients import PASSWORDS

    return User.objects.create_user(
        email=email, password=PASSWORDS[email], name=name, is_staff=is_staff
    )


@pytest.fixture
def mallory(db: None) -> "AttackerClient":
    """The attacker's own client."""
    from tests.clients import AttackerClient

    return AttackerClient()


@pytest.fixture
def browser_client(db: None) -> "BrowserClient":
    """A client that sends what our pages send; not signed in."""
    from tests.clients import BrowserClient

    return BrowserClient()


@pytest.fixture
def api_client(db: None) -> "BearerClient":
    """A program that speaks to the API with Bearer tokens; not signed in."""
    from tests.clients import BearerClient

    return BearerClient()


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the server's log holds, as it is written in operation."""
    from project.logs import JSONFormatter

    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(JSONFormatter())
    logging.getLogger().addHandler(handler)
    yield text
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def idp(settings: Any) -> "Iterator[StandIn]":
    """An identity provider, and the settings for it."""
    from accounts.audit import events
    from tests.federation import stand_in

    events._anonymous.clear()
    with stand_in.running() as found:
        settings.GATEHOUSE = {
            **settings.GATEHOUSE,
            "OIDC_ISSUER": found.issuer,
            "OIDC_CLIENT_ID": "gatehouse",
            "OIDC_CLIENT_SECRET": "a secret",
            "OIDC_NAME": "Example Provider",
        }
        yield found
