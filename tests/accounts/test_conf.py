"""The typed settings of `accounts`: read at call time, unknown names are errors."""

from pathlib import Path

import pytest

from accounts import conf as conf_module
from accounts.conf import conf, value
from accounts.defaults import DEFAULTS


def test_unknown_name_is_an_error():
    """A misspelt setting that is silently ignored is how an option ends up switched off."""
    with pytest.raises(KeyError):
        value("ACESS_SECONDS")


def test_setting_counts_from_the_moment_it_changes(settings):
    """Nothing is captured at import."""
    settings.GATEHOUSE = settings.GATEHOUSE | {"ACCESS_SECONDS": 42}
    assert conf.access_seconds == 42

    settings.GATEHOUSE = {}
    assert conf.access_seconds == DEFAULTS["ACCESS_SECONDS"] == 300


def test_defaults_are_the_contracts(settings):
    """DESIGN's table of variables."""
    settings.GATEHOUSE = {}

    assert conf.audience == "gatehouse-api"
    assert conf.lifetimes(remember=True) == (7 * 86400, 30 * 86400)
    assert conf.grace_seconds == 10
    assert conf.poll_seconds == 1
    assert conf.api_clients is True
    assert conf.trusted_proxies == []
    assert conf.explain_csrf is False


@pytest.mark.parametrize(
    ("idle", "absolute", "expected"),
    [
        (7 * 86400, 30 * 86400, (12 * 3600, 24 * 3600)),
        (3600, 30 * 86400, (3600, 24 * 3600)),
        (3600, 7200, (3600, 7200)),
    ],
)
def test_short_sessions_last_half_a_day_or_less(settings, idle, absolute, expected):
    """Without "keep me signed in": 12 h and 24 h, or the settings where those are shorter."""
    settings.GATEHOUSE = {"IDLE_SECONDS": idle, "ABSOLUTE_SECONDS": absolute}

    assert conf.lifetimes(remember=False) == expected


def test_audience_of_refresh_tokens_follows_the_issuer(settings):
    """RFC 8725 section 3.12: the two kinds cannot share an audience."""
    settings.GATEHOUSE = {"ISSUER": "https://app.example"}

    assert conf.refresh_audience == "https://app.example/auth/refresh"


def test_values_have_their_types(settings):
    """Settings may come as text; what is read is typed."""
    settings.GATEHOUSE = {"ACCESS_SECONDS": "60", "SIGNING_KEYS_FILE": "keys.json", "DATA_DIR": "x"}

    assert conf.access_seconds == 60
    assert conf.signing_keys_file == Path("keys.json")
    assert conf.revocation_counter == Path("x") / "revocations"


def test_promises_that_no_setting_changes():
    """Leeway and step-up stand in the contract, not in the environment."""
    assert conf_module.LEEWAY_SECONDS == 5
    assert conf_module.STEP_UP_SECONDS == 300
