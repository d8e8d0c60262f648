"""Where the three kinds of host are to be found; never taken from a request."""

from urllib.parse import urlsplit

from django.conf import settings


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
    """Whether the names share their last two labels."""
    return one.split(".")[-2:] == other.split(".")[-2:]


def _origin(host: str) -> str:
    base = urlsplit(app())
    return f"{base.scheme}://{host}{f':{base.port}' if base.port else ''}"
