"""The numbers in the documentation are the defaults of the settings."""

import pytest

from accounts.conf import OPTIONS, SHORT_ABSOLUTE_SECONDS, SHORT_IDLE_SECONDS, STEP_UP_SECONDS
from tests.docs import read

DEFAULTS = {name: option.default for name, option in OPTIONS.items()}
IDLE, ABSOLUTE = DEFAULTS["IDLE_SECONDS"] // 86400, DEFAULTS["ABSOLUTE_SECONDS"] // 86400
SHORT = SHORT_IDLE_SECONDS // 3600, SHORT_ABSOLUTE_SECONDS // 3600
NUMBERS = [
    ("static/img/flow.svg", f"access token, {DEFAULTS['ACCESS_SECONDS'] // 60} minutes"),
    ("docs/explanation/session.svg", f"{DEFAULTS['GRACE_SECONDS']} s from the later of"),
    ("docs/explanation/session.md", f"within {DEFAULTS['GRACE_SECONDS']} s of the rotation"),
    ("docs/explanation/rotation.md", f"after {IDLE} days, a session after {ABSOLUTE}"),
    ("docs/explanation/rotation.md", f"{SHORT[0]} and {SHORT[1]} hours without"),
    (
        "templates/lab/experiments/refresh-replay.html",
        f"it is {DEFAULTS['GRACE_SECONDS']} s unless",
    ),
]


@pytest.mark.parametrize(("path", "text"), NUMBERS)
def test_number_in_prose_is_the_default(path: str, text: str) -> None:
    """Who changes a default finds the sentences and drawings that speak of it."""
    assert text in " ".join(read(path).split())


def test_numbers_that_are_written_out_are_the_defaults() -> None:
    """Where prose says five minutes, ten seconds or one second."""
    assert STEP_UP_SECONDS == DEFAULTS["ACCESS_SECONDS"] == 5 * 60
    assert DEFAULTS["GRACE_SECONDS"] == 10
    assert DEFAULTS["REVOCATION_POLL_SECONDS"] == 1
