"""Check the settings of the project: name each step of docs/adopt.md that is missing or wrong.

It is an error where requests would fail or a promise break. It is a warning where the project may
have reasons of its own. The parts of this package add theirs by `rule`.
"""

import os
import re
from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.hashers import get_hashers
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.http import HttpResponse
from django.urls import Resolver404, resolve
from django.utils.module_loading import import_string
from rest_framework.permissions import AllowAny
from rest_framework.settings import api_settings

from .conf import conf, without_override
from .tokens import key_store

HYGIENE = f"{__package__}.web.middleware.CookieHygiene"
ADDRESS = f"{__package__}.web.middleware.ClientAddress"
CSRF = "django.middleware.csrf.CsrfViewMiddleware"

# What Django takes for a host, between a scheme and perhaps a port: nothing follows, not a slash.
ORIGIN = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")

# Each returns what is wrong, or an empty text.
RULES: list[tuple[str, Callable[[], str]]] = []


def rule(number: str) -> Callable[[Callable[[], str]], Callable[[], str]]:
    """Return a decorator that adds a check under this number: E for an error, W for a warning."""

    def add(check: Callable[[], str]) -> Callable[[], str]:
        RULES.append((f"gatehouse.{number}", check))
        return check

    return add


@register(Tags.security)
def run(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Return what all rules find. On an error nothing starts. The project judges warnings (W)."""
    kinds = {"E": Error, "W": Warning}
    found: list[CheckMessage] = []
    for number, check in RULES:
        if text := check():
            found.append(kinds[number.split(".")[1][0]](text, id=number))
            if number == "gatehouse.E001":
                break  # the other rules could not read the settings either
    return found


@rule("E001")
def names_and_types() -> str:
    try:
        without_override()
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
        key_store.ring()
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
    readable = not settings.CSRF_COOKIE_HTTPONLY and not settings.CSRF_USE_SESSIONS
    if readable and settings.CSRF_COOKIE_PATH == "/":
        return ""
    return "The page's script must be able to read the CSRF cookie: in a cookie, of path /."


@rule("E009")
def issuer() -> str:
    if not ORIGIN.fullmatch(conf.issuer):
        return "ISSUER must be this server's origin in lower case: scheme, host, perhaps a port."
    return ""


@rule("E010")
def proxies() -> str:
    from .web.middleware import ClientAddress

    try:
        ClientAddress(lambda _: HttpResponse())
    except ValueError as error:
        return f"TRUSTED_PROXIES: {error}."
    return ""


@rule("E012")
def data_dir() -> str:
    file = conf.revocation_counter
    if not (file.parent.is_dir() and os.access(file.parent, os.W_OK | os.X_OK)):
        return f"DATA_DIR must be a folder that each process here can write: {file.parent}"
    # Somebody else's, perhaps root's: no session could be ended.
    if file.exists() and not (file.is_file() and os.access(file, os.R_OK | os.W_OK)):
        return f"DATA_DIR holds a file that this process cannot write: {file}"
    return ""


@rule("E013")
def functions_of_users() -> str:
    for name, path in (("SCOPES", conf.scopes), ("USER", conf.user)):
        if isinstance(path, str) and (name, path) != ("USER", ""):
            try:
                import_string(path)
            except ImportError as error:
                return f"{name} must name a function: {error}."
    return ""


@rule("E019")
def second_factor() -> str:
    wanted = conf.second_factor
    if wanted not in ("optional", "staff", "everyone"):
        return f"SECOND_FACTOR must be optional, staff or everyone, not {wanted}."
    if wanted != "optional" and "gatehouse_factors" not in apps.app_configs:
        return f"SECOND_FACTOR needs {__package__}.factors: nobody could set one up."
    return ""


@rule("E024")
def required_binding() -> str:
    if conf.require_binding and "gatehouse_binding" not in apps.app_configs:
        return f"REQUIRE_BINDING needs {__package__}.binding: nobody could bind a session."
    return ""


@rule("E014")
def paths() -> str:
    try:
        found = resolve("/auth/session").func.__module__
    except Resolver404:
        found = ""
    if found == f"{__package__}.web.views.sign_in":
        return ""
    return (
        f'The URLconf needs path("", include("{__package__}.urls")): the script knows these paths.'
    )


@rule("E016")
def https_behind_a_proxy() -> str:
    if bool(settings.SECURE_PROXY_SSL_HEADER) and not conf.trusted_proxies:
        return "SECURE_PROXY_SSL_HEADER never counts without TRUSTED_PROXIES."
    return ""


@rule("E017")
def database_engine() -> str:
    if connection.vendor not in ("sqlite", "postgresql"):
        return f"The default database must be SQLite or PostgreSQL, not {connection.vendor}."
    return ""


@rule("W001")
def closed_by_default() -> str:
    default: Any = api_settings.DEFAULT_PERMISSION_CLASSES
    if all(isinstance(one, type) and issubclass(one, AllowAny) for one in default):
        return "REST_FRAMEWORK's DEFAULT_PERMISSION_CLASSES leave views that name none open to all."
    return ""


@rule("W002")
def password_hashing() -> str:
    first = get_hashers()[0].algorithm
    return "" if first == "argon2" else f"PASSWORD_HASHERS should begin with Argon2, not {first}."


@rule("W004")
def sqlite_transactions() -> str:
    database: dict[str, Any] = settings.DATABASES["default"]
    options: dict[str, Any] = database.get("OPTIONS", {})
    immediate = options.get("transaction_mode") == "IMMEDIATE"
    if database["ENGINE"].endswith("sqlite3") and not immediate:
        return "SQLite needs transaction_mode IMMEDIATE, or parallel refreshes find it locked."
    return ""


@rule("W006")
def failures_of_other_views() -> str:
    handler = getattr(settings, "REST_FRAMEWORK", {}).get("EXCEPTION_HANDLER")
    ours = f"{__package__}.web.problems.answer"
    if handler == ours:
        return ""
    return (
        "Failures of your own views keep their shape: REST_FRAMEWORK['EXCEPTION_HANDLER'] is not "
        f"{ours}. A refused token is a 401 without WWW-Authenticate there."
    )


@rule("W007")
def csrf_cookie_of_this_host() -> str:
    good = (
        settings.CSRF_COOKIE_NAME == "__Host-csrftoken"
        and settings.CSRF_COOKIE_SECURE
        and settings.CSRF_COOKIE_SAMESITE == "Strict"
        and not settings.CSRF_COOKIE_DOMAIN
    )
    if good:
        return ""
    return (
        "Another host of your domain can plant the CSRF cookie: it is not __Host-csrftoken, Secure "
        "and Strict. Fetch Metadata and Origin are checked all the same. The page's script knows "
        "this name and csrftoken."
    )
