"""Say where a request came from: its address, its network and its User-Agent.

`web.middleware.ClientAddress` finds the address. A browser says its User-Agent itself, so that
proves nothing.
"""

import ipaddress
from functools import lru_cache

import ua_parser
from django.http import HttpRequest


def caller_fields(request: HttpRequest | None) -> dict[str, str]:
    """Return where a request came from, by the columns that sessions and events keep it in."""
    return {"address": address_of(request), "user_agent": user_agent_of(request)}


def address_of(request: HttpRequest | None) -> str:
    """Return the caller's address, as `web.middleware.ClientAddress` found it.

    It is empty where there is no request, or none can be read.
    """
    return getattr(request, "client_address", "")


def network_of(request: HttpRequest | None) -> str:
    """Return the caller's network: an IPv4 address, or an IPv6 /64, which is one customer.

    Where many share an address and the site can tell them apart, its middleware says in
    `request.client_network` whom it counts as one caller.
    """
    told: str = getattr(request, "client_network", "")
    if told:
        return told
    address = address_of(request)
    if ":" in address:
        return str(ipaddress.ip_network(f"{address}/64", strict=False))
    return address


def user_agent_of(request: HttpRequest | None) -> str:
    """Return the caller's User-Agent, cut to what the column holds, without control characters."""
    if request is None:
        return ""
    text = request.META.get("HTTP_USER_AGENT", "")
    return "".join(letter for letter in text if letter.isprintable())[:300]


@lru_cache(maxsize=1024)
def device(user_agent: str) -> str:
    """Return a User-Agent in words, "Firefox on Linux", as far as they are known."""
    found = ua_parser.parse(user_agent)
    program = found.user_agent.family if found.user_agent else ""
    system = found.os.family if found.os else ""
    if program and system:
        return f"{program} on {system}"
    return program or system or user_agent[:60] or "Unknown device"
