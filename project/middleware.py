"""Headers on every answer, and the fence around demo mode.

Outermost in MIDDLEWARE, so that redirects, errors and static files carry them too.
"""

import ipaddress
from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase

from accounts.problems import problem
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


class SecurityHeaders:
    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        # Looked at once: asking Django for each name costs more than setting it.
        present = {name.lower() for name in response.headers}
        if "content-security-policy" in present:
            present.add(REPORT_ONLY.lower())  # it would report what that page's own policy allows
        for name, value in HEADERS.items():
            if name.lower() not in present:
                response.headers[name] = value
        return response


class DemoStaysLocal:
    """Demo mode has public passwords: it answers callers on this machine only.

    Behind a trusted proxy that is whoever called the proxy, not the proxy alone.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        client: str = request.client_address  # type: ignore[attr-defined]
        callers = (request.META.get("REMOTE_ADDR", ""), client)
        if settings.DEMO and not all(map(is_loopback, callers)):
            return problem(403, "insufficient_scope", "Demo mode answers on this machine only.")
        return self.get_response(request)


class HttpsOnly:
    """In production pages move to https; anything else over http is refused, not redirected.

    By then a credential has already travelled in the clear: a redirect would only hide that.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.DEMO or request.is_secure():
            return self.get_response(request)
        if request.method in ("GET", "HEAD") and not request.path.startswith(API_PATHS):
            return HttpResponsePermanentRedirect(f"https://{request.get_host()}{request.path}")
        return problem(400, "invalid_request", "Use https.")


@lru_cache(maxsize=4096)
def is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
