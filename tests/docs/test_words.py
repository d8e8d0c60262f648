"""The numbers in the documentation are the defaults of the settings."""

import pytest

from accounts.conf import DEFAULTS, SHORT_ABSOLUTE_SECONDS, SHORT_IDLE_SECONDS, STEP_UP_SECONDS
from tests.docs import read

IDLE, ABSOLUTE = DEFAULTS.idle_seconds // 86400, DEFAULTS.absolute_seconds // 86400
SHORT = SHORT_IDLE_SECONDS // 3600, SHORT_ABSOLUTE_SECONDS // 3600
NUMBERS = [
    ("static/img/flow.svg", f"access token, {DEFAULTS.access_seconds // 60} minutes"),
    ("docs/explanation/session.svg", f"{DEFAULTS.grace_seconds} s from the later of"),
    ("docs/explanation/session.md", f"within {DEFAULTS.grace_seconds} s of the rotation"),
    ("docs/explanation/rotation.md", f"after {IDLE} days, a session after {ABSOLUTE}"),
    ("docs/explanation/rotation.md", f"{SHORT[0]} and {SHORT[1]} hours without"),
    (
        "templates/lab/experiments/refresh-replay.html",
        f"it is {DEFAULTS.grace_seconds} s unless",
    ),
]


@pytest.mark.parametrize(("path", "text"), NUMBERS)
def test_number_in_prose_is_the_default(path: str, text: str) -> None:
    """Who changes a default finds the sentences and drawings that speak of it."""
    assert text in " ".join(read(path).split())


def test_numbers_that_are_written_out_are_the_defaults() -> None:
    """Where prose says five minutes, ten seconds or one second."""
    assert STEP_UP_SECONDS == DEFAULTS.access_seconds == 5 * 60
    assert DEFAULTS.grace_seconds == 10
    assert DEFAULTS.revocation_poll_seconds == 1
