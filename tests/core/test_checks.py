"""Each system check fires on the setting that would break its promise, and on nothing else."""

import json
from typing import Any

import pytest
from django.conf import settings as site
from django.core.checks import Tags, run_checks
from django.db import connection
from django.test import override_settings
from rest_framework import permissions

from accounts import checks
from accounts.conf import conf
from accounts.tokens import key_store, keys
from accounts.web.permissions import SignedIn

HYGIENE, CSRF = checks.HYGIENE, checks.CSRF

HANDLED = {"EXCEPTION_HANDLER": "accounts.web.problems.answer"}
CLOSED = {"DEFAULT_PERMISSION_CLASSES": ["accounts.web.permissions.SignedIn"]}
ANYBODY = "rest_framework.permissions.AllowAny"
# Where a view names no permission, anybody gets in: the first is what DRF does by itself.
OPEN: list[dict[str, Any]] = [
    {},
    {"DEFAULT_PERMISSION_CLASSES": []},
    {"DEFAULT_PERMISSION_CLASSES": [ANYBODY]},
    {"DEFAULT_PERMISSION_CLASSES": (ANYBODY, ANYBODY)},
    {"DEFAULT_PERMISSION_CLASSES": ["tests.core.test_checks.Everybody"]},
]

WITHOUT_BINDING = {
    "GATEHOUSE": {"REQUIRE_BINDING": True},
    "INSTALLED_APPS": [app for app in site.INSTALLED_APPS if app != "accounts.binding"],
}
# For each number, settings under which it must fire alone.
UNSAFE: dict[str, list[dict[str, Any]]] = {
    "E001": [
        {"GATEHOUSE": {"ACESS_SECONDS": 300}},
        {"GATEHOUSE": {"access_seconds": 300}},
        {"GATEHOUSE": {"ACCESS_SECONDS": "300"}},
    ],
    "E002": [
        {"GATEHOUSE": {"ACCESS_SECONDS": 0}},
        {"GATEHOUSE": {"ACCESS_SECONDS": -1}},
        {"GATEHOUSE": {"ACCESS_SECONDS": 900, "IDLE_SECONDS": 899}},
        {"GATEHOUSE": {"IDLE_SECONDS": 86401, "ABSOLUTE_SECONDS": 86400}},
    ],
    "E003": [{"GATEHOUSE": {"GRACE_SECONDS": 61}}, {"GATEHOUSE": {"GRACE_SECONDS": -1}}],
    "E004": [
        {"GATEHOUSE": {"SIGNING_KEYS": "not JSON"}},
        {"GATEHOUSE": {"SIGNING_KEYS": "{}"}},
        {"GATEHOUSE": {"SIGNING_KEYS": '{"keys": []}'}},
        {"GATEHOUSE": {"SIGNING_KEYS": '{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}'}},
        {"GATEHOUSE": {"SIGNING_KEYS_FILE": "/nowhere/keys.json"}},
    ],
    "E005": [
        {"MIDDLEWARE": [checks.ADDRESS, CSRF]},
        {"MIDDLEWARE": [checks.ADDRESS, HYGIENE]},
        {"MIDDLEWARE": [checks.ADDRESS, CSRF, HYGIENE]},
        {"MIDDLEWARE": [checks.ADDRESS, HYGIENE, HYGIENE, CSRF]},
    ],
    "E006": [{"MIDDLEWARE": [HYGIENE, CSRF]}],
    "E007": [
        {"CSRF_COOKIE_PATH": "/auth"},
        {"CSRF_COOKIE_HTTPONLY": True},
        {"CSRF_USE_SESSIONS": True},
    ],
    "E009": [
        {"GATEHOUSE": {"ISSUER": ""}},
        {"GATEHOUSE": {"ISSUER": "localhost"}},
        {"GATEHOUSE": {"ISSUER": "http://localhost/"}},
        {"GATEHOUSE": {"ISSUER": "ftp://localhost"}},
        {"GATEHOUSE": {"ISSUER": "https://app.example/path"}},
        {"GATEHOUSE": {"ISSUER": "https://app.example?x=1"}},
        {"GATEHOUSE": {"ISSUER": "https://app.example#x"}},
        {"GATEHOUSE": {"ISSUER": "https://user@app.example"}},
        {"GATEHOUSE": {"ISSUER": "https://app example"}},
        {"GATEHOUSE": {"ISSUER": "https://app.example\n"}},
        {"GATEHOUSE": {"ISSUER": "https://App.example"}},
        {"GATEHOUSE": {"ISSUER": "https://app.example:"}},
        {"GATEHOUSE": {"ISSUER": "https://"}},
    ],
    "E010": [
        {"GATEHOUSE": {"TRUSTED_PROXIES": ["localhost"]}},
        {"GATEHOUSE": {"TRUSTED_PROXIES": ["10.0.0.0/99"]}},
        {"GATEHOUSE": {"TRUSTED_PROXIES": ["10.0.0.1/8"]}},
        {"GATEHOUSE": {"TRUSTED_PROXIES": ["0.0.0.0/0"]}},
        {"GATEHOUSE": {"TRUSTED_PROXIES": ["127.0.0.1", "::/0"]}},
        {"GATEHOUSE": {"TRUSTED_PROXIES": ["::ffff:0.0.0.0/96"]}},
        {"GATEHOUSE": {"TRUSTED_PROXIES": ["0.0.0.0/1", "unix", "128.0.0.0/1"]}},
        {"GATEHOUSE": {"TRUSTED_PROXIES": ["::ffff:0.0.0.0/98"]}},
        {"GATEHOUSE": {"TRUSTED_PROXIES": [f"{first}.0.0.0/8" for first in range(60, 70)]}},
        {"GATEHOUSE": {"TRUSTED_PROXIES": ["2000::/3"]}},
        {"GATEHOUSE": {"TRUSTED_PROXIES": ["::/1", "8000::/1"]}},
        *({"GATEHOUSE": {"TRUSTED_PROXIES": [word]}} for word in ("unix:", "UNIX", "socket", "*")),
    ],
    "E011": [
        {"GATEHOUSE": {"OIDC_ISSUER": "http://idp.example"}},
        {"GATEHOUSE": {"OIDC_ISSUER": "https://idp.example"}},
    ],
    "E012": [{"GATEHOUSE": {"DATA_DIR": "/nowhere"}}],
    "E013": [
        {"GATEHOUSE": {"SCOPES": "nowhere.scopes"}},
        {"GATEHOUSE": {"SCOPES": ""}},
        {"GATEHOUSE": {"USER": "accounts.subjects.nothing"}},
    ],
    "E014": [{"ROOT_URLCONF": "api.urls"}],
    "E015": [{"ROOT_URLCONF": "tests.staff.plain_admin_urls"}],
    "E016": [{"SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https")}],
    "E019": [{"GATEHOUSE": {"SECOND_FACTOR": "sometimes"}}],
    "E020": [{"GATEHOUSE": {"PERSONAL_TOKEN_DAYS": days}} for days in (-1, 3651)],
    "E021": [{"GATEHOUSE": {"METRICS_TOKEN": "short"}}],
    "E022": [{"GATEHOUSE": {"REQUIRE_BINDING": True, "BINDING": False}}],
    "E023": [{"ROOT_URLCONF": "accounts.urls"}],
    "E024": [WITHOUT_BINDING],
    "W009": [{"GATEHOUSE": {"ACCESS_SECONDS": 239}}],
    "W001": [{"REST_FRAMEWORK": HANDLED | change} for change in OPEN],
    "W002": [{"PASSWORD_HASHERS": ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]}],
    "W003": [{"AUTH_PASSWORD_VALIDATORS": []}],
    "W004": [{"DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3"}}}],
    "W005": [{"SESSION_COOKIE_AGE": 3601}, {"SESSION_COOKIE_AGE": 14 * 86_400}],
    "E018": [{"AUTH_USER_MODEL": "auth.User"}],
    "W006": [
        {
            "REST_FRAMEWORK": {
                **CLOSED,
                "EXCEPTION_HANDLER": "rest_framework.views.exception_handler",
            }
        },
        {"REST_FRAMEWORK": CLOSED},
    ],
    "W007": [
        {"CSRF_COOKIE_NAME": "csrftoken"},
        {"CSRF_COOKIE_SECURE": False},
        {"CSRF_COOKIE_SAMESITE": "Lax"},
        {"CSRF_COOKIE_SAMESITE": "None"},
        {"CSRF_COOKIE_DOMAIN": "example.com"},
    ],
}
CASES = [(number, change) for number, changes in UNSAFE.items() for change in changes]


class Everybody(permissions.AllowAny):
    """Open under another name."""


class MembersOnly(SignedIn):
    """A project's own, built on ours."""


EITHER = MembersOnly | permissions.IsAdminUser  # composed: no class, and no AllowAny


def found(change: dict[str, Any], settings: Any) -> set[str]:
    """The numbers of our checks that fire under a change of the settings."""
    if "GATEHOUSE" in change:
        change = {**change, "GATEHOUSE": settings.GATEHOUSE | change["GATEHOUSE"]}
    with override_settings(**change):
        key_store.reset()
        messages = run_checks(tags=[Tags.security])
    key_store.reset()
    return {message.id for message in messages if (message.id or "").startswith("gatehouse.")}


# About DATABASES; nothing connects to what is named here.
@pytest.mark.filterwarnings("ignore:Overriding setting:UserWarning")
@pytest.mark.parametrize(("number", "change"), CASES, ids=[f"{n} {c}"[:70] for n, c in CASES])
def test_unsafe_setting_refused_by_its_number(settings, number, change):
    """ASVS 13.4: a server does not start on what its promises do not survive."""
    assert found(change, settings) == {f"gatehouse.{number}"}


def test_safe_settings_pass(settings):
    """What the tests and the demo run on is safe."""
    assert found({}, settings) == set()


def test_session_of_a_project_without_the_administration_may_last(settings):
    """The hour is the administration's; what else a project keeps there is its own affair."""
    without = [app for app in settings.INSTALLED_APPS if "django.contrib.admin" not in app]

    assert found({"SESSION_COOKIE_AGE": 3601, "INSTALLED_APPS": without}, settings) == set()


@pytest.mark.parametrize(
    "proxies",
    [["unix"], ["unix", "127.0.0.1", "::1"], ["10.0.0.0/8", "11.0.0.0/8"], ["fc00::/7"]],
    ids=str,
)
def test_proxies_of_an_operator_are_accepted(settings, proxies):
    """Addresses, networks that somebody can own, and the word for a unix socket."""
    assert found({"GATEHOUSE": {"TRUSTED_PROXIES": proxies}}, settings) == set()


@pytest.mark.parametrize(
    "issuer", ["http://localhost", "https://app.example:8443", "https://[::1]:8443"]
)
def test_origin_is_an_issuer(settings, issuer):
    """With a port, and with an address for a name."""
    assert found({"GATEHOUSE": {"ISSUER": issuer}}, settings) == set()


def test_counter_that_cannot_be_written_is_found_at_the_start(settings, tmp_path):
    """Nobody could end a session: better told now than at the first sign-out."""
    with override_settings(GATEHOUSE=settings.GATEHOUSE | {"DATA_DIR": tmp_path}):
        conf.revocation_counter.mkdir()

    assert found({"GATEHOUSE": {"DATA_DIR": tmp_path}}, settings) == {"gatehouse.E012"}


@pytest.mark.parametrize(
    "closed",
    [
        ["rest_framework.permissions.IsAuthenticated"],
        ("rest_framework.permissions.IsAuthenticated",),
        ["rest_framework.permissions.IsAdminUser"],
        ["rest_framework.permissions.DjangoModelPermissions"],
        [ANYBODY, "rest_framework.permissions.DjangoModelPermissions"],
        ["tests.core.test_checks.MembersOnly"],
        ["tests.core.test_checks.EITHER"],
    ],
    ids=str,
)
def test_projects_own_closed_default_is_left_alone(settings, closed):
    """Whoever has permissions of their own is not asked to replace them by ours."""
    own = HANDLED | {
        "DEFAULT_PERMISSION_CLASSES": closed,
        "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.BasicAuthentication"],
        "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    }

    assert found({"REST_FRAMEWORK": own}, settings) == set()


@pytest.mark.parametrize("vendor", ["mysql", "oracle", "unknown"])
def test_other_database_is_refused_before_the_first_sign_in(settings, monkeypatch, vendor):
    """The clock and the counters speak the SQL of two engines; the finding names them."""
    monkeypatch.setattr(connection, "vendor", vendor)

    assert found({}, settings) == {"gatehouse.E017"}
    assert "SQLite or PostgreSQL" in dict(checks.RULES)["gatehouse.E017"]()


def test_every_check_has_a_case():
    """A new rule needs a setting here that makes it fire."""
    numbers = {number.removeprefix("gatehouse.") for number, _ in checks.RULES}

    assert numbers == {*UNSAFE, "E017"}


def test_finding_never_shows_a_key(settings):
    """What stands in the message reaches logs: no member of a damaged key may."""
    jwk = keys.new_key("active").private_jwk()
    for damage in ({"kid": "x"}, {"crv": "P-384"}, {"gatehouse_status": "gone"}, {"d": [jwk["d"]]}):
        damaged = json.dumps({"keys": [jwk | damage]})
        with override_settings(GATEHOUSE=settings.GATEHOUSE | {"SIGNING_KEYS": damaged}):
            key_store.reset()
            texts = [message.msg for message in run_checks()]
        key_store.reset()
        assert texts
        assert not any(jwk["d"] in text for text in texts)
