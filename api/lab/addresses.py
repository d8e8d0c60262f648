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
    """The attackers' sites: first one that is another site, then siblings of the lab's."""
    return [_origin(host) for host in settings.HOSTILE_HOSTS]


def _origin(host: str) -> str:
    base = urlsplit(app())
    return f"{base.scheme}://{host}{f':{base.port}' if base.port else ''}"
