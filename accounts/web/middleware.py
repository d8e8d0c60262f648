"""Clean up cookies and find the client's address before any view sees the request."""

import ipaddress
import logging
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from ..conf import conf
from . import cookies

log = logging.getLogger("gatehouse")

Next = Callable[[HttpRequest], HttpResponseBase]

# The CSRF cookie's two forms in Django. Any other counts as missing, because Django would answer it
# with a new cookie, even where a refusal or a program must get none.
CSRF_FORM = re.compile(r"[A-Za-z0-9]{32}|[A-Za-z0-9]{64}")

FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST")

# `[IPv6]` perhaps with a port, IPv4 perhaps with a port, or IPv6 alone.
SPELLING = re.compile(
    r"\[([0-9a-f:.]+)(?:%[^\]]*)?\](?::[\w.-]*)?|([0-9.]+)(?::[\w.-]*)?|([0-9a-f:.]+)(?:%.*)?",
    re.ASCII | re.IGNORECASE,
)

# A word in TRUSTED_PROXIES for callers through a unix socket of this machine. Servers name such a
# caller not at all (granian, gunicorn), localhost (waitress), or unix: (nginx, in its list).
UNIX = "unix"
SOCKETS = ("", "localhost", "unix:")

# No operator has a larger network. Private IPv6 addresses are fc00::/7 (RFC 4193).
SHORTEST_PREFIX = 7

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class CookieHygiene:
    """Drop token cookies that arrive twice or under a name that only resembles theirs.

    Django strips odd white space from names and keeps the last of two, so a sibling host could
    plant `U+2000 __Host-Http-access_token` and override the real one past the browser's prefix
    check ("cookie chaos", RFC 6265bis section 8.6 on shadowing). Such a request is treated as
    carrying none of that name, since an attacker could choose which of two is picked.
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
    families = tuple(cookies.GUARDED)
    return [name for name in sent if name in ours or name.startswith(families)]


def sent_once(request: HttpRequest, names: Iterable[str]) -> dict[str, str]:
    """Return those of the names that came exactly once and resemble no other, with their values."""
    sent = raw_values(request.META.get("HTTP_COOKIE", ""))
    alike: dict[str, int] = {}
    for name in map(name_as_django_reads_it, sent):
        alike[name] = alike.get(name, 0) + 1
    return {
        name: sent[name][0] for name in names if alike[name] == 1 and len(sent.get(name, ())) == 1
    }


def raw_values(header: str) -> dict[str, list[str]]:
    """Return every name in a Cookie header as sent, without the blanks that RFC 6265 allows."""
    found: dict[str, list[str]] = {}
    for pair in header.split(";"):
        name, _, value = pair.partition("=")
        found.setdefault(name.strip(" \t"), []).append(value.strip(" \t"))
    return found


def name_as_django_reads_it(name: str) -> str:
    """Return the name that Django makes of it. WSGI hands over the header's bytes as Latin-1."""
    if name.isascii():
        return name.strip()
    return name.encode("latin-1", "replace").decode("utf-8", "replace").strip()


class ClientAddress:
    """Set `request.client_address`, believing forwarding headers from trusted proxies only.

    Those headers are removed from anyone else's request, so that no later code is misled by them.
    The address is empty if none can be read. That is logged once, and budgets of networks do not
    count callers without one (credentials.budgets).
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response
        self.trusted = networks(conf.trusted_proxies)
        self.trusts_sockets = UNIX in conf.trusted_proxies
        self.told: set[str] = set()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        peer = request.META.get("REMOTE_ADDR", "")
        if self.is_trusted(peer):
            self.read_scheme(request.META)
            address = self.client_behind(peer, request.META)
        else:
            for name in FORWARDED:
                request.META.pop(name, None)
            address = canonical(peer)
            if not address:
                self.complain("REMOTE_ADDR", peer)
        request.client_address = address  # type: ignore[attr-defined]
        return self.get_response(request)

    def client_behind(self, proxy: str, meta: dict[str, Any]) -> str:
        """Return the client's address. It is empty if it cannot be read."""
        header = meta.get("HTTP_X_FORWARDED_FOR", "")
        # An empty part of a list is no part (RFC 9110 section 5.6.1).
        hops = [hop for hop in map(str.strip, header.split(",")) if hop]
        if not hops and not any(name in meta for name in FORWARDED):
            hops = [proxy]  # a proxy that forwards nothing is the caller itself
        # Each proxy appends who called it. The first from the right that is not one of ours is the
        # client. Anything left of it is only the client's claim.
        strangers = [hop for hop in hops if not self.is_trusted(hop)]
        hop = (strangers[-1:] or hops[:1] or [""])[0]
        address = canonical(hop)
        if not address:
            self.complain("X-Forwarded-For", hop)
        return address

    def read_scheme(self, meta: dict[str, Any]) -> None:
        """Give X-Forwarded-Proto the one spelling that Django compares it with."""
        header = meta.get("HTTP_X_FORWARDED_PROTO")
        if header is None:
            return
        parts = [part.strip().strip('"').lower() for part in header.split(",")]
        scheme = next(filter(None, parts), "")
        if scheme not in ("http", "https"):
            self.complain("X-Forwarded-Proto", header)
        meta["HTTP_X_FORWARDED_PROTO"] = scheme

    def is_trusted(self, address: str) -> bool:
        if not self.trusted and not self.trusts_sockets:
            return False
        found = canonical(address)
        if not found:
            return self.trusts_sockets and address in SOCKETS
        return any(ipaddress.ip_address(found) in network for network in self.trusted)

    def complain(self, header: str, value: str) -> None:
        """Log once for each header what it looks like, not what it says."""
        if header in self.told:
            return
        self.told.add(header)
        log.warning(
            "%s cannot be read; it is of the form %r. Budgets of networks do not count its "
            "callers. TRUSTED_PROXIES takes addresses, networks, and unix for a unix socket. "
            "This is logged once.",
            header,
            re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "9", value[:60])),
        )


def networks(texts: Iterable[str]) -> list[Network]:
    """Return the networks of these texts, without the word unix.

    Raise ValueError if one is no network, or if all of them hold nearly everybody: then each
    client could say who it is.
    """
    found = [network(text) for text in texts if text != UNIX]
    for version in (4, 6):
        family: Any = [one for one in found if one.version == version]
        for joined in ipaddress.collapse_addresses(family):
            if joined.prefixlen < SHORTEST_PREFIX:
                raise ValueError(f"{joined} is nearly everybody")
    return found


def network(text: str) -> Network:
    """Return the network of this text, IPv4 inside IPv6 unwrapped as `canonical` does.

    Raise ValueError if it is none.
    """
    try:
        found = ipaddress.ip_network(text)
    except ValueError as error:
        raise ValueError(f"{error}, nor is it the word {UNIX}") from None
    mapped = getattr(found.network_address, "ipv4_mapped", None)
    if mapped:
        found = ipaddress.ip_network(f"{mapped}/{found.prefixlen - 96}")
    return found


@lru_cache(maxsize=4096)  # parsing an address is the dearest step here
def canonical(text: str) -> str:
    """Return the address in its one spelling, IPv4 inside IPv6 unwrapped, or an empty text.

    Proxies put a port behind it, brackets and quotes about it (RFC 7239 section 6), or name the
    interface of a link-local one (RFC 4007 section 11).
    """
    spelt = SPELLING.fullmatch(text.strip().strip('"'))
    if spelt is None:
        return ""
    try:
        found = ipaddress.ip_address(spelt[1] or spelt[2] or spelt[3])
    except ValueError:
        return ""
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found)
