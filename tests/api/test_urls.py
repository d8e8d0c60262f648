"""Every path has an expected answer for an anonymous caller; a new one without it fails here."""

from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from tests.clients import BrowserClient

# What an anonymous GET is answered with. 405: the path takes other methods only.
ANONYMOUS_GET = {
    "": 200,
    "login": 200,
    "notes": 200,
    "account": 200,
    "register": 200,
    "register/finish": 200,
    "password/forgot": 200,
    "password/reset": 200,
    "email/confirm": 200,
    "login/link": 200,
    "login/link/confirm": 200,
    "login/confirmed": 200,
    "audit": 200,
    "mail": 200,
    "mail/messages": 200,
    "csp-reports": 405,
    "api/me": 401,
    "api/notes": 401,
    "api/notes/<str:pk>": 401,
    "api/audit": 401,
    "api/schema": 200,
    "api/docs": 200,
    "auth/session": 200,
    "auth/login": 405,
    "auth/refresh": 405,
    "auth/logout": 405,
    "auth/sessions": 401,
    "auth/sessions/<str:session_id>": 405,
    "auth/logout-others": 405,
    "auth/reauthenticate": 405,
    "auth/events": 401,
    "auth/register": 405,
    "auth/email/verify": 405,
    "auth/email/change": 405,
    "auth/password/change": 405,
    "auth/password/reset": 405,
    "auth/password/reset/confirm": 405,
    "auth/account": 401,
    "auth/account/export": 401,
    "auth/oidc/login": 404,
    "auth/oidc/callback": 404,
    "auth/oidc/link": 404,
    "auth/oidc/link/mail": 405,
    "auth/oidc/link/confirm": 405,
    "auth/login/factor": 405,
    "auth/login/passkey/options": 405,
    "auth/login/passkey": 405,
    "auth/binding": 405,
    "auth/binding/refresh": 405,
    "auth/factors": 401,
    "auth/passkeys/options": 405,
    "auth/passkeys": 405,
    "auth/passkeys/<str:passkey_id>": 405,
    "auth/totp": 405,
    "auth/totp/confirm": 405,
    "auth/recovery-codes": 405,
    "auth/token": 405,
    "auth/token/refresh": 405,
    "auth/token/revoke": 405,
    "auth/personal-tokens": 401,
    "auth/personal-tokens/<str:token_id>": 405,
    ".well-known/jwks.json": 200,
    ".well-known/oauth-authorization-server": 200,
    "metrics": 404,
    "healthz": 200,
    "readyz": 200,
}
# The admin and the lab have tests of their own.
ELSEWHERE = ("admin", "learn", "lab/")


def paths(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield path
        elif not path.startswith(ELSEWHERE):
            yield from paths(entry, path)


def test_every_path_has_an_expectation() -> None:
    """Nobody adds an endpoint without saying what a stranger gets."""
    found = {path for path in paths(get_resolver()) if not path.startswith(ELSEWHERE)}

    assert found == set(ANONYMOUS_GET)


@pytest.mark.parametrize("path", ANONYMOUS_GET)
def test_anonymous_get_is_answered_as_expected(browser_client: BrowserClient, path: str) -> None:
    """The anonymous result of each path (ASVS 8.2.1), and no cookie but the CSRF token."""
    answer = browser_client.get("/" + path.replace("<str:pk>", "x").replace("<str:", "x"))

    assert answer.status_code == ANONYMOUS_GET[path]
    assert set(answer.cookies) <= {"__Host-csrftoken"}
