"""What this folder's tests share: the log, and an identity provider."""

import io
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from project.logs import JSONFormatter

if TYPE_CHECKING:
    from tests.accounts.stand_in import StandIn


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the server's log holds, as it is written in operation."""
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
    from tests.accounts import stand_in

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
