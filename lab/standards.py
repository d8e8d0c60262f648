"""The standards that the lab cites, with their addresses; one place, so that a test can read it."""

from dataclasses import dataclass

RFC = "https://www.rfc-editor.org/rfc/rfc{number}.html"

TITLES = {
    "RFC 6265bis": ("Cookies", "https://datatracker.ietf.org/doc/draft-ietf-httpbis-rfc6265bis/"),
    "Layered cookies": (
        "Cookies, and their name prefixes",
        "https://datatracker.ietf.org/doc/draft-ietf-httpbis-layered-cookies/",
    ),
    "RFC 6455": ("The WebSocket protocol", RFC.format(number=6455)),
    "RFC 6750": ("Bearer tokens", RFC.format(number=6750)),
    "RFC 7009": ("Token revocation", RFC.format(number=7009)),
    "RFC 7515": ("JSON Web Signature", RFC.format(number=7515)),
    "RFC 7517": ("JSON Web Key", RFC.format(number=7517)),
    "RFC 7518": ("JSON Web Algorithms", RFC.format(number=7518)),
    "RFC 7519": ("JSON Web Token", RFC.format(number=7519)),
    "RFC 7638": ("JWK thumbprint", RFC.format(number=7638)),
    "RFC 7800": ("A token that names a key (cnf)", RFC.format(number=7800)),
    "RFC 8725": ("JWT best current practices", RFC.format(number=8725)),
    "RFC 9068": ("JWT profile for access tokens", RFC.format(number=9068)),
    "RFC 9110": ("HTTP semantics", RFC.format(number=9110)),
    "RFC 9457": ("Problem details", RFC.format(number=9457)),
    "RFC 9700": ("OAuth 2.0 security", RFC.format(number=9700)),
    "RFC 10017": ("OAuth 2.0 for browser-based applications", RFC.format(number=10017)),
    "Fetch Metadata": (
        "Request headers that say who asks",
        "https://www.w3.org/TR/fetch-metadata/",
    ),
    "CSP": ("Content Security Policy", "https://www.w3.org/TR/CSP3/"),
    "Trusted Types": ("Trusted Types", "https://www.w3.org/TR/trusted-types/"),
    "Server Timing": ("Server-Timing", "https://www.w3.org/TR/server-timing/"),
    "DBSC": ("Device Bound Session Credentials", "https://w3c.github.io/webappsec-dbsc/"),
    "Web Crypto": ("Web Cryptography", "https://www.w3.org/TR/webcrypto-2/"),
    "Web Locks": ("Web Locks", "https://www.w3.org/TR/web-locks/"),
    "WebAuthn": ("Web Authentication Level 3", "https://www.w3.org/TR/webauthn-3/"),
    "NIST SP 800-63B": (
        "Authentication and authenticator management",
        "https://pages.nist.gov/800-63-4/sp800-63b.html",
    ),
    "ASVS": (
        "OWASP Application Security Verification Standard 5.0",
        "https://owasp.org/www-project-application-security-verification-standard/",
    ),
}


@dataclass(frozen=True)
class Standard:
    """One link."""

    label: str
    title: str
    url: str


def standard(name: str, section: str = "") -> Standard:
    """The link for a standard and section; KeyError for one that is not listed."""
    title, url = TITLES[name]
    if not section:
        return Standard(name, title, url)
    anchor = f"#section-{section}" if name.startswith("RFC ") and name[4:].isdigit() else ""
    return Standard(f"{name} section {section}", title, f"{url}{anchor}")
