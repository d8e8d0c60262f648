"""What makes this folder's tests quick."""

from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _static_files_on_demand(settings: Any) -> None:
    """Each test client starts the middleware anew; WhiteNoise would read every static file then."""
    settings.WHITENOISE_AUTOREFRESH = True
