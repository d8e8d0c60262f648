"""What is put right before any view looks at a request: cookie names and the client's address."""

import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts import cookies
from accounts.conf import conf

Next = Callable[[HttpRequest], HttpResponseBase]

# The CSRF cookie's two forms in Django. To any other Django answers with a new cookie, even where
# a refusal or a program must get none: it counts as missing.
CSRF_FORM = re.compile(r"[A-Za-z0-9]{32}|[A-Za-z0-9]{64}")

FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST")


class CookieHygiene:
    """Drops token cookies that arrive twice or under a name that only resembles theirs.

    Django strips odd white space from names and keeps the last of two, so a sibling host could
    plant `U+2000 __Host-Http-access_token` and override the real one past the browser's prefix
    check ("cookie chaos"; RFC 6265bis section 8.6 on shadowing). Such a request is treated as
    carrying none of that name: picking one of two would let the attacker choose.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        found = guarded(request)
        if found:
            sent = sent_once(request, found)
            csrf = sent.get(settings.CSRF_COOKIE_NAME)
            if csrf is not None and not CSRF_FORM.fullmatch(csrf):
                del sent[settings.CSRF_COOKIE_NAME]
            for name in found:
                del request.COOKIES[name]
            # The values as sent: Django would take quotes off them.
            request.COOKIES.update(sent)
        return self.get_response(request)


def guarded(request: HttpRequest) -> list[str]:
    """Return the names in this request that only one cookie may have."""
    ours = (*cookies.names(), settings.CSRF_COOKIE_NAME, settings.SESSION_COOKIE_NAME)
    sent = request.COOKIES
    return [name for name in sent if name in ours or name.startswith(cookies.FAMILIES)]


def sent_once(request: HttpRequest, names: Iterable[str]) -> dict[str, str]:
    """Those of the names that came exactly once, and nothing that resembles them; as sent."""
    sent = raw_values(request.META.get("HTTP_COOKIE", ""))
    alike = Counter(map(resembles, sent))
    return {
        name: sent[name][0] for name in names if alike[name] == 1 and len(sent.get(name, ())) == 1
    }


def raw_values(header: str) -> dict[str, list[str]]:
    """Every name in a Cookie header as sent, but for the blanks and tabs RFC 6265 allows."""
    found: dict[str, list[str]] = {}
    for pair in header.split(";"):
        name, _, value = pair.partition("=")
        found.setdefault(name.strip(" \t"), []).append(value.strip(" \t"))
    return found


def resembles(name: str) -> str:
    """The name that Django makes of it. WSGI hands over the header's bytes as Latin-1."""
    if name.isascii():
        return name.strip()
    return name.encode("latin-1", "replace").decode("utf-8", "replace").strip()


class ClientAddress:
    """Sets `request.client_address`, believing forwarding headers from trusted proxies only.

    From anyone else those headers are removed, so that nothing behind can be misled by them.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response
        self.trusted = [network(text) for text in conf.trusted_proxies]

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        address = request.META.get("REMOTE_ADDR", "")
        if self.is_trusted(address):
            # Each proxy appends who called it; the first from the right that is not one of
            # ours is the client. What stands left of it is the client's own claim.
            hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
            for hop in reversed([hop.strip() for hop in hops if hop.strip()]):
                address = hop
                if not self.is_trusted(hop):
                    break
        else:
            for name in FORWARDED:
                request.META.pop(name, None)
        request.client_address = canonical(address)  # type: ignore[attr-defined]
        return self.get_response(request)

    def is_trusted(self, address: str) -> bool:
        if not self.trusted:
            return False
        try:
            # A socket for both families names an IPv4 proxy as `::ffff:10.0.0.1`.
            found = ipaddress.ip_address(canonical(address))
        except ValueError:
            return False
        return any(found in network for network in self.trusted)


def network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """The network of this text, IPv4 inside IPv6 unwrapped as `canonical` does; ValueError.

    Also for the one that holds every address: then each client could say who it is.
    """
    found = ipaddress.ip_network(text)
    mapped = getattr(found.network_address, "ipv4_mapped", None)
    if mapped:
        found = ipaddress.ip_network(f"{mapped}/{found.prefixlen - 96}")
    if not found.prefixlen:
        raise ValueError(f"{text} is everybody")
    return found


@lru_cache(maxsize=4096)  # reading an address costs more than all else here
def canonical(address: str) -> str:
    """The address in its one spelling, IPv4 inside IPv6 unwrapped; empty if it is none."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found)
