"""What the tests of this site share: a fresh process, people, clients, the log, a provider."""

import io
import logging
from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from accounts.users.models import User
    from tests.clients import AttackerClient, BearerClient, BrowserClient
    from tests.federation.stand_in import StandIn

# Where a process of the app keeps things in memory; each has a reset() for tests.
MODULES_WITH_STATE = (
    "accounts.people.delivery",
    "accounts.tokens.key_store",
    "accounts.federation.provider",
    "accounts.sessions.revocation",
    "accounts.credentials.budgets",
    "accounts.tokens.signing",
    "accounts.binding.freshness",
)


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
