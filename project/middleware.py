"""Set headers on every answer, and keep demo mode to this machine.

Outermost in MIDDLEWARE, so that redirects, errors and static files carry them too.
"""

import ipaddress
import re
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.http.response import HttpResponseBase

from accounts.web.problems import problem
from project.pages import API_PATHS

Next = Callable[[HttpRequest], HttpResponseBase]

# One policy for the whole origin. Nothing inline, nothing from elsewhere, no string becomes
# script or markup (Trusted Types): injected markup has nothing to run with.
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
}
CONTENT_SECURITY_POLICY = "; ".join(f"{name} {value}" for name, value in POLICY.items())

REPORT_ONLY = "Content-Security-Policy-Report-Only"
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    # The same again, for its reports: the policy that is enforced stays the contract's.
    REPORT_ONLY: f"{CONTENT_SECURITY_POLICY}; report-uri /csp-reports",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    # Nothing is cached that does not ask for it.
    "Cache-Control": "no-store",
}
BY_LOWER = {name.lower(): name for name in HEADERS}

# What an address holds as it is (RFC 3986 sections 3.3 and 3.4), or encoded already.
IN_PATH = "/%:@!$&'()*+,;=-._~"
IN_QUERY = IN_PATH + "?[]"


class SecurityHeaders:
    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        # Looked at once: asking Django for each name costs more than setting it.
        present = {name.lower() for name in response.headers}
        if "content-security-policy" in present:
            present.add(REPORT_ONLY.lower())  # it would report what that page's own policy allows
        for name, header in BY_LOWER.items():
            if name not in present:
                response.headers[header] = HEADERS[header]
        return response


class DemoStaysLocal:
    """Answer callers on this machine only in demo mode, which has public passwords.

    Behind a trusted proxy that is whoever called the proxy, not the proxy alone.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response, self.demo = get_response, settings.DEMO

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not self.demo:
            return self.get_response(request)
        client: str = request.client_address  # type: ignore[attr-defined]
        callers = (request.META.get("REMOTE_ADDR", ""), client)
        if not all(map(is_loopback, callers)):
            return problem(403, "insufficient_scope", "Demo mode answers on this machine only.")
        return self.get_response(request)


class HttpsOnly:
    """Move pages to https in production. Refuse anything else over http.

    By then a credential has already travelled in the clear. A redirect would only hide that.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response, self.demo = get_response, settings.DEMO

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if self.demo or request.is_secure():
            return self.get_response(request)
        if request.method in ("GET", "HEAD") and not request.path.startswith(API_PATHS):
            # Not Django's redirect, which refuses what is longer than 2048 letters.
            return HttpResponse(status=301, headers={"Location": https_address(request)})
        return problem(400, "invalid_request", "Use https.")


def https_address(request: HttpRequest) -> str:
    """Return the same path and query over https, at a host that HostKinds has found to be ours.

    The port is never the request's, which is that of http.
    """
    host = split_domain_port(request.get_host())[0]
    own = str(settings.GATEHOUSE["ISSUER"]).partition("://")[2]
    if host == split_domain_port(own)[0]:
        host = own
    # Django leaves `%` and two digits of a byte that is no UTF-8, and has read all other bytes.
    path = quote(re.sub(r"%(?![89A-F][0-9A-F])", "%25", request.path), safe=IN_PATH)
    query = quote(request.META.get("QUERY_STRING", "").encode("latin-1", "replace"), safe=IN_QUERY)
    return f"https://{host}{path}" + (f"?{query}" if query else "")


@lru_cache(maxsize=4096)
def is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
