"""Check the administration's sign-in, and how long it stays open."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from ..checks import rule
from .site import GatehouseAdmin


@rule("E015")
def administration() -> str:
    for pattern in patterns(get_resolver().url_patterns):
        site = getattr(pattern.callback, "admin_site", None)
        if site is not None and not isinstance(site, GatehouseAdmin):
            return (
                "The administration's sign-in has no budgets: INSTALLED_APPS needs "
                f"{__package__}.apps.Administration in place of django.contrib.admin."
            )
    return ""


@rule("W005")
def administration_hour() -> str:
    too_long = settings.SESSION_COOKIE_AGE > 3600 and apps.is_installed("django.contrib.admin")
    return "SESSION_COOKIE_AGE keeps the administration open for more than an hour." * too_long


def patterns(found: list[Any]) -> Iterator[URLPattern]:
    """Yield every path of a URLconf, also those that it includes."""
    for pattern in found:
        if isinstance(pattern, URLResolver):
            yield from patterns(pattern.url_patterns)
        else:
            yield pattern
