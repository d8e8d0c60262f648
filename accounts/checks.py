"""System checks: refuse settings under which this package's promises would not hold.

What a project that copies this package has to bring along is checked by accounts.wiring.
"""

import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse

from accounts import keys
from accounts.conf import conf, usual

HYGIENE = "accounts.middleware.CookieHygiene"
ADDRESS = "accounts.middleware.ClientAddress"
CSRF = "django.middleware.csrf.CsrfViewMiddleware"

# What Django takes for a host, between a scheme and perhaps a port: nothing follows, not a slash.
ORIGIN = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")

# Each returns what is wrong, or an empty text.
RULES: list[tuple[str, Callable[[], str]]] = []


def rule(number: str) -> Callable[[Callable[[], str]], Callable[[], str]]:
    def add(check: Callable[[], str]) -> Callable[[], str]:
        RULES.append((f"accounts.{number}", check))
        return check

    return add


@register(Tags.security)
def run(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """All rules; on an error nothing starts, a warning (W) is for the project to judge."""
    kinds = {"E": Error, "W": Warning}
    found: list[CheckMessage] = []
    for number, check in RULES:
        if text := check():
            found.append(kinds[number.split(".")[1][0]](text, id=number))
            if number == "accounts.E001":
                break  # the other rules could not read the settings either
    return found


@rule("E001")
def names_and_types() -> str:
    try:
        usual()
    except ImproperlyConfigured as error:
        return str(error)
    return ""


@rule("E002")
def lifetimes() -> str:
    idle, absolute = conf.lifetimes(remember=True)
    if not 0 < conf.access_seconds <= idle <= absolute:
        return "Lifetimes must rise: 0 < ACCESS_SECONDS <= IDLE_SECONDS <= ABSOLUTE_SECONDS."
    return ""


@rule("E003")
def grace_window() -> str:
    if not 0 <= conf.grace_seconds <= 60:
        return "GRACE_SECONDS must be 0 to 60: inside it a copied refresh token is answered."
    return ""


@rule("E004")
def signing_keys() -> str:
    try:
        keys.ring()
    except ImproperlyConfigured as error:
        return f"{'SIGNING_KEYS' if conf.signing_keys else 'SIGNING_KEYS_FILE'}: {error}"
    return ""


@rule("E005")
def cookie_middleware() -> str:
    order = [name for name in settings.MIDDLEWARE if name in (HYGIENE, CSRF)]
    return "" if order == [HYGIENE, CSRF] else f"MIDDLEWARE needs {HYGIENE} before {CSRF}."


@rule("E006")
def address_middleware() -> str:
    return "" if ADDRESS in settings.MIDDLEWARE else f"MIDDLEWARE needs {ADDRESS}."


@rule("E007")
def csrf_cookie() -> str:
    good = (
        settings.CSRF_COOKIE_NAME.startswith("__Host-")
        and settings.CSRF_COOKIE_SECURE
        and settings.CSRF_COOKIE_SAMESITE == "Strict"
        and settings.CSRF_COOKIE_PATH == "/"
        and not settings.CSRF_COOKIE_DOMAIN
        and not settings.CSRF_COOKIE_HTTPONLY
        and not settings.CSRF_USE_SESSIONS
    )
    return "" if good else "The CSRF cookie must be __Host-…, Secure, Strict, and readable."


@rule("E009")
def issuer() -> str:
    if not ORIGIN.fullmatch(conf.issuer):
        return "ISSUER must be this server's origin in lower case: scheme, host, perhaps a port."
    return ""


@rule("E010")
def proxies() -> str:
    from accounts.middleware import ClientAddress

    try:
        ClientAddress(lambda _: HttpResponse())
    except ValueError as error:
        return f"TRUSTED_PROXIES: {error}."
    return ""
