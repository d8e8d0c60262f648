"""Where the three kinds of host are to be found; never taken from a request."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port


def app() -> str:
    """The app's address, which is also the issuer of its tokens."""
    return str(settings.GATEHOUSE["ISSUER"])


def lab() -> str:
    """The lab's victim site."""
    return _origin(settings.LAB_HOSTS[0])


def hostile() -> list[str]:
    """All addresses of the attackers."""
    return [_origin(host) for host in settings.HOSTILE_HOSTS]


def attackers() -> dict[str, str]:
    """By where they sit, seen from the lab's site: on another one, or on a sibling of the same.

    A place without a host is missing, and the experiment that needs it says so.
    """
    found: dict[str, str] = {}
    for host in settings.HOSTILE_HOSTS:
        place = "sibling" if same_site(host, settings.LAB_HOSTS[0]) else "other"
        found.setdefault(place, _origin(host))
    return found


def thief() -> str:
    """Where loot is carried to: another site, if there is one."""
    found = attackers()
    return found.get("other") or found["sibling"]


def same_site(one: str, other: str) -> bool:
    """Whether a browser takes the hosts for one site: the same address, or names whose last two
    labels are the same. Ports do not count."""
    first, second = (split_domain_port(host)[0] for host in (one, other))
    if is_address(first) or is_address(second):
        return first == second
    return first.split(".")[-2:] == second.split(".")[-2:]


def is_address(host: str) -> bool:
    """Whether this host is an IP address, as it stands in a URL."""
    return host.startswith("[") or host.replace(".", "").isdigit()


def _origin(host: str) -> str:
    """Of the app's scheme, and at its port unless the settings name another."""
    base = urlsplit(app())
    port = "" if split_domain_port(host)[1] or not base.port else f":{base.port}"
    return f"{base.scheme}://{host}{port}"
