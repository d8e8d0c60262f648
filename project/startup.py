"""Refuse to serve on unsafe settings: what a server process does before its first request."""

import re

import django
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from project import variables


def refuse_unsafe() -> None:
    """Run the system checks. Raise ImproperlyConfigured, with one line for each error.

    Servers do not run them by themselves, only manage.py does. They come before the application
    is built, which would fail on the same settings with less to say.
    """
    django.setup()
    errors = [found for found in checks.run_checks() if found.level >= checks.ERROR]
    if errors:
        causes = (f"{as_variables(found.msg)} ({found.id})" for found in errors)
        raise ImproperlyConfigured("\n".join(f"Gatehouse refuses to start: {c}" for c in causes))


def as_variables(text: str) -> str:
    """Return the text with settings of `accounts` called by the variables that they come from."""
    return re.sub(r"\b[A-Z]+_[A-Z_]+\b|\bISSUER\b", _variable, text)


def _variable(setting: re.Match[str]) -> str:
    name = f"GATEHOUSE_{setting[0]}"
    return name if variables.is_known(name) else setting[0]
