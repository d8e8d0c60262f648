"""System checks: name what a project that copied this package has forgotten to bring along.

Each step of docs/adopt.md that can be left out has a rule here; an error where requests would
fail or a promise break, a warning where the project may have reasons of its own.
"""

import os
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.hashers import get_hashers
from django.db import connection
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve
from django.utils.module_loading import import_string
from rest_framework.permissions import AllowAny
from rest_framework.settings import api_settings

from accounts.checks import rule
from accounts.conf import conf


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


@rule("E014")
def paths() -> str:
    try:
        found = resolve("/auth/session").func.__module__
    except Resolver404:
        found = ""
    if found == "accounts.views.browser":
        return ""
    return 'The URLconf needs path("", include("accounts.urls")): the script knows these paths.'


@rule("E015")
def administration() -> str:
    from accounts.adminsite import GatehouseAdmin

    for pattern in patterns(get_resolver().url_patterns):
        site = getattr(pattern.callback, "admin_site", None)
        if site is not None and not isinstance(site, GatehouseAdmin):
            return (
                "The administration's sign-in has no budgets: INSTALLED_APPS needs "
                "accounts.apps.Administration in place of django.contrib.admin."
            )
    return ""


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


@rule("W003")
def password_length() -> str:
    limit = "accounts.passwords.LengthLimit"
    validators: Any = settings.AUTH_PASSWORD_VALIDATORS
    named = [validator["NAME"] for validator in validators]
    return "" if limit in named else f"AUTH_PASSWORD_VALIDATORS should hold {limit}."


@rule("W004")
def sqlite_transactions() -> str:
    database: dict[str, Any] = settings.DATABASES["default"]
    options: dict[str, Any] = database.get("OPTIONS", {})
    immediate = options.get("transaction_mode") == "IMMEDIATE"
    if database["ENGINE"].endswith("sqlite3") and not immediate:
        return "SQLite needs transaction_mode IMMEDIATE, or parallel refreshes find it locked."
    return ""


@rule("W005")
def administration_hour() -> str:
    too_long = settings.SESSION_COOKIE_AGE > 3600 and apps.is_installed("django.contrib.admin")
    return "SESSION_COOKIE_AGE keeps the administration open for more than an hour." * too_long


@rule("W007")
def user_model() -> str:
    from accounts.urls import PEOPLE

    if settings.AUTH_USER_MODEL == PEOPLE:
        return ""
    return (
        "There is no registration, password reset, profile or identity provider here, and our "
        f"administration of people is of no use: they need AUTH_USER_MODEL to be {PEOPLE}, which "
        "has `email` and `name` and signs in by `email`. All else works with your model."
    )


@rule("W006")
def failures_of_other_views() -> str:
    handler = getattr(settings, "REST_FRAMEWORK", {}).get("EXCEPTION_HANDLER")
    if handler == "accounts.problems.answer":
        return ""
    return (
        "Failures of your own views keep their shape: REST_FRAMEWORK['EXCEPTION_HANDLER'] is not "
        "accounts.problems.answer. A refused token is a 401 without WWW-Authenticate there."
    )


def patterns(found: list[Any]) -> Iterator[URLPattern]:
    """Every path of the URLconf."""
    for pattern in found:
        if isinstance(pattern, URLResolver):
            yield from patterns(pattern.url_patterns)
        else:
            yield pattern
