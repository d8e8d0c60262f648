"""Refuse to serve on unsafe settings: what a server process does before its first request."""

import django
from django.core import checks
from django.core.exceptions import ImproperlyConfigured


def refuse_unsafe() -> None:
    """Run the system checks; ImproperlyConfigured names every error.

    Servers do not run them by themselves, only manage.py does. They come before the application
    is built, which would fail on the same settings with less to say.
    """
    django.setup()
    errors = [found for found in checks.run_checks() if found.level >= checks.ERROR]
    if errors:
        causes = "\n".join(f"- {found.msg} ({found.id})" for found in errors)
        raise ImproperlyConfigured(f"Gatehouse refuses to start:\n{causes}")
