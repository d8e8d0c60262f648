"""What makes this folder's tests quick, and what they read of the log."""

import io
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from project.logs import JSONFormatter


@pytest.fixture(autouse=True)
def _static_files_on_demand(settings: Any) -> None:
    """Each test client starts the middleware anew; WhiteNoise would read every static file then."""
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the server's log holds, as it is written in operation."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(JSONFormatter())
    logging.getLogger().addHandler(handler)
    yield text
    logging.getLogger().removeHandler(handler)
