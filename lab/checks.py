"""System checks: the lab's hosts must be nobody else's, and no neighbours of the app's."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from lab.addresses import same_site


@register(Tags.security)
def hosts_are_apart(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The three kinds of host share no name, and no attacker sits on a site of the app's."""
    app, lab, hostile = settings.APP_HOSTS, settings.LAB_HOSTS, settings.HOSTILE_HOSTS
    found: list[CheckMessage] = []
    if len({*app, *lab, *hostile}) != len(app) + len(lab) + len(hostile):
        found.append(Error("App, lab and hostile hosts must differ.", id="lab.E001"))
    if any(host.startswith((".", "*")) for host in (*lab, *hostile)):
        found.append(Error("Lab and hostile hosts are named one by one.", id="lab.E002"))
    # A sibling host is the same site: SameSite would not keep the app's cookies from it.
    neighbours = [
        stranger for stranger in (*lab, *hostile) if any(same_site(stranger, host) for host in app)
    ]
    # In a class they are ports of one address, because a room has no names. No attacker there is
    # anybody else's code, and the app's own defence looks at the origin.
    if neighbours and not settings.DEMO and not settings.CLASS:
        names = ", ".join(neighbours)
        found.append(Error(f"These share a site with the app's hosts: {names}.", id="lab.E003"))
    return found
