"""The system checks of this part."""

from django.urls import Resolver404, resolve

from ..checks import paths as core_paths
from ..checks import rule
from .conf import conf
from .dbsc import REFRESH, REGISTRATION

# Chromium 156 then signs four or five times in nine minutes, which leaves some for step-ups.
SHORTEST = 240


@rule("E022")
def required_and_switched_on() -> str:
    if conf.require_binding and not conf.binding:
        return "REQUIRE_BINDING needs BINDING: nobody could bind a session."
    return ""


@rule("W009")
def signatures_of_browsers() -> str:
    if conf.binding and 0 < conf.access_seconds < SHORTEST:
        return (
            f"ACCESS_SECONDS below {SHORTEST}: browsers renew a companion two minutes before its "
            "end, sign no more than six times in nine minutes, and sign their people out beyond it."
        )
    return ""


@rule("E023")
def paths() -> str:
    if not conf.binding or core_paths():
        return ""
    try:
        found = {resolve(path).func.__module__ for path in (REGISTRATION, REFRESH)}
    except Resolver404:
        found = set()
    ours = f"{__package__}.views"
    if found == {ours}:
        return ""
    return f'The URLconf needs path("", include("{__package__}.urls")): browsers are sent there.'
