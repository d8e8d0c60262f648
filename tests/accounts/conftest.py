"""What this folder's tests read of the log."""

import io
import logging
from collections.abc import Iterator

import pytest

from project.logs import JSONFormatter


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the server's log holds, as it is written in operation."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(JSONFormatter())
    logging.getLogger().addHandler(handler)
    yield text
    logging.getLogger().removeHandler(handler)
