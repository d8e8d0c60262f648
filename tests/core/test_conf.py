"""The typed settings of `accounts`: read at call time, what makes no sense is an error."""

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from accounts import conf as conf_module
from accounts.conf import OPTIONS, TYPES, conf, in_force, override, without_override
from accounts.people.conf import conf as people
from accounts.programs.conf import conf as programs


def test_unknown_name_is_an_error(settings):
    """A misspelt setting that is silently ignored is how an option ends up switched off.

    So would one of a part that is not installed.
    """
    settings.GATEHOUSE = {"ACESS_SECONDS": 1, "grace_seconds": 1}

    with pytest.raises(ImproperlyConfigured) as refused:
        _ = conf.issuer
    assert str(refused.value) == (
        "GATEHOUSE has no setting ACESS_SECONDS, or the part that has it is missing. "
        "GATEHOUSE has no setting grace_seconds, or the part that has it is missing."
    )


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("ISSUER", None, "text, not NoneType"),
        ("OIDC_CLIENT_SECRET", b"hush", "text, not bytes"),
        ("ACCESS_SECONDS", "60", "a whole number, not str"),
        ("ACCESS_SECONDS", 60.0, "a whole number, not float"),
        ("ACCESS_SECONDS", True, "a whole number, not bool"),
        ("MAIL", "0", "True or False, not str"),
        ("MAIL", 0, "True or False, not int"),
        ("DATA_DIR", 1, "a path, not int"),
        ("TRUSTED_PROXIES", "127.0.0.1", "a list of texts, not str"),
        ("TRUSTED_PROXIES", [127], "a list of texts, not list"),
        ("EXPORTS", [("notes", "api.notes.exported")], "a dict of texts, not list"),
        ("EXPORTS", {"notes": len}, "a dict of texts, not dict"),
        ("EXPORTS", {1: "api.notes.exported"}, "a dict of texts, not dict"),
    ],
)
def test_value_of_another_type_is_an_error_that_does_not_show_it(settings, name, value, wanted):
    """Text "0" is no False, and one text is no list. No value is shown: it may be a secret."""
    settings.GATEHOUSE = {name: value}

    with pytest.raises(ImproperlyConfigured) as refused:
        _ = conf.issuer
    assert str(refused.value) == f"{name} must be {wanted}."


def test_every_mistake_is_named_at_once(settings):
    """Nobody starts the server five times to find five of them."""
    settings.GATEHOUSE = {"MAIL": 1, "ACESS_SECONDS": 1, "HOME": 1}

    with pytest.raises(ImproperlyConfigured) as refused:
        without_override()
    assert all(name in str(refused.value) for name in settings.GATEHOUSE)


def test_setting_counts_from_the_moment_it_changes(settings):
    """Nothing is captured at import."""
    settings.GATEHOUSE = settings.GATEHOUSE | {"ACCESS_SECONDS": 42}
    assert conf.access_seconds == 42

    with override_settings(GATEHOUSE={"ACCESS_SECONDS": 43}):
        assert conf.access_seconds == 43
    assert conf.access_seconds == 42

    settings.GATEHOUSE = {}
    assert conf.access_seconds == OPTIONS["ACCESS_SECONDS"].default == 300


def test_settings_are_read_once_for_each_dict(settings):
    """Each request asks for dozens of them."""
    first = in_force()
    assert in_force() is first

    settings.GATEHOUSE = dict(settings.GATEHOUSE)
    assert in_force() is not first


def test_defaults_are_the_contracts(settings):
    """DESIGN's table of variables."""
    settings.GATEHOUSE = {}

    assert conf.audience == "gatehouse-api"
    assert conf.lifetimes(remember=True) == (7 * 86400, 30 * 86400)
    assert conf.grace_seconds == 10
    assert conf.revocation_poll_seconds == 1
    assert programs.api_clients is True
    assert conf.trusted_proxies == ()
    assert conf.explain_csrf is False


def test_every_setting_has_a_type_that_its_default_is_of_and_a_meaning():
    """docs/reference/package-settings.md is made of them."""
    for name, option in OPTIONS.items():
        _, fits = TYPES[option.kind]
        assert fits(option.default), name
        assert option.meaning, name


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


def test_values_are_given_as_a_settings_file_has_them(settings):
    """A path may be text and a list a tuple. What is read is typed, and nobody can change it."""
    settings.GATEHOUSE = {
        "SIGNING_KEYS_FILE": "keys.json",
        "DATA_DIR": Path("x"),
        "SCOPES": ["notes:read"],
        "STAFF_SCOPES": ("audit:read",),
        "EXPORTS": {"notes": "api.notes.exported"},
    }

    assert conf.signing_keys_file == Path("keys.json")
    assert conf.revocation_counter == Path("x") / "revocations"
    assert (conf.scopes, conf.staff_scopes) == (("notes:read",), ("audit:read",))
    assert people.exports == {"notes": "api.notes.exported"}


def test_override_changes_what_it_names_until_it_ends(settings):
    """All else stays the project's. `without_override` does not see it."""
    settings.GATEHOUSE = {"ISSUER": "https://app.example", "GRACE_SECONDS": 7}

    with override({"GRACE_SECONDS": 0}):
        assert (conf.grace_seconds, conf.issuer) == (0, "https://app.example")
        assert without_override()["GRACE_SECONDS"] == 7
    assert conf.grace_seconds == 7


@pytest.mark.parametrize("wrong", [{"ACESS_SECONDS": 1}, {"ACCESS_SECONDS": "1"}], ids=str)
def test_override_with_a_setting_that_makes_no_sense_is_an_error(wrong: dict[str, Any]):
    """It is judged as the project's own settings are."""
    with pytest.raises(ImproperlyConfigured, match="CESS_SECONDS"), override(wrong):
        pass


def test_settings_in_a_log_or_a_traceback_show_no_value(settings):
    """Keys and the client secret are among them."""
    settings.GATEHOUSE = {"SIGNING_KEYS": "hush", "OIDC_CLIENT_SECRET": "hush"}

    assert "hush" not in f"{conf!r} {conf} {in_force()!r}"


def test_promises_that_no_setting_changes():
    """Leeway and step-up stand in the contract, not in the environment."""
    assert conf_module.LEEWAY_SECONDS == 5
    assert conf_module.STEP_UP_SECONDS == 300
