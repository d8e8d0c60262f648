"""Check the wiring: production refuses what the demo may do."""

import ipaddress
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.http.request import split_domain_port, validate_host

from project import env
from project.middleware import is_loopback


@register(Tags.security)
def production_is_safe(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Return an error for each unsafe setting in production and in a class."""
    if settings.DEMO:
        return []
    gatehouse, hosts = settings.GATEHOUSE, settings.APP_HOSTS
    rules = [
        ("E001", settings.DEBUG, "DEBUG must be off."),
        (
            "E002",
            not hosts or "*" in hosts,
            "GATEHOUSE_HOSTS must name the app's hosts, without *.",
        ),
        (
            "E003",
            not str(gatehouse["ISSUER"]).startswith("https://"),
            "GATEHOUSE_ISSUER must be https.",
        ),
        ("E004", len(settings.SECRET_KEY) < 50, "GATEHOUSE_SECRET_KEY needs 50 random characters."),
        ("E005", len(set(settings.SECRET_KEY)) < 10, "GATEHOUSE_SECRET_KEY is not random."),
        (
            "E006",
            bool(settings.LAB_HOSTS) != bool(settings.HOSTILE_HOSTS),
            "GATEHOUSE_LAB_HOSTS and GATEHOUSE_HOSTILE_HOSTS belong together.",
        ),
        (
            "E007",
            bool(set(hosts) & set(settings.LAB_HOSTS + settings.HOSTILE_HOSTS)),
            "A lab host cannot serve the app too.",
        ),
        (
            "E009",
            not names_issuer(hosts, str(gatehouse["ISSUER"])),
            "GATEHOUSE_HOSTS must name the host of GATEHOUSE_ISSUER.",
        ),
        *(class_rules() if settings.CLASS else [hsts_rule(), *mail_rules()]),
        *thread_rules(),
    ]
    return [Error(text, id=f"project.{number}") for number, wrong, text in rules if wrong]


def names_issuer(hosts: list[str], issuer: str) -> bool:
    """Return whether the issuer is at one of the hosts, which may be named with their ports."""
    return issuer.partition("://")[2] in hosts or validate_host(host_of(issuer), hosts)


def hsts_rule() -> tuple[str, bool, str]:
    """Return the rule about HSTS, which a class with a certificate of its own must not send."""
    short = settings.SECURE_HSTS_SECONDS < 365 * 86400
    return ("E008", short, "HSTS must last a year or more.")


def class_rules() -> list[tuple[str, bool, str]]:
    """Return the rules for a class: it is wiped and open to a room, so it shares nothing."""
    ours = settings.GATEHOUSE
    return [
        (
            "E013",
            bool(settings.DATABASE_URL),
            "A class has a database of its own, which is wiped: unset GATEHOUSE_DATABASE_URL.",
        ),
        (
            "E014",
            not settings.EMAIL_BACKEND.endswith(".filebased.EmailBackend"),
            "The mails of a class stay in its mailboxes: unset GATEHOUSE_EMAIL_URL.",
        ),
        (
            "E015",
            bool(ours["TRUSTED_PROXIES"] or ours["OIDC_ISSUER"]),
            "A class has no proxy and no identity provider: unset GATEHOUSE_TRUSTED_PROXIES and "
            "GATEHOUSE_OIDC_ISSUER.",
        ),
        ("E016", not settings.LAB, "A class needs the lab and its hosts."),
        (
            "E017",
            not is_private(host_of(str(ours["ISSUER"]))),
            "A class is served at a private address: GATEHOUSE_ISSUER.",
        ),
    ]


def is_private(host: str) -> bool:
    """Return whether this is an address that no router of the internet knows."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_private and not address.is_unspecified


def host_of(origin: str) -> str:
    """Return the host of an origin, as Django compares it, or an empty text."""
    return split_domain_port(origin.partition("://")[2])[0]


def thread_rules() -> list[tuple[str, bool, str]]:
    """Return the rule about threads: sign-ins wait in all but two (HASHING_PLACES)."""
    few = env.number("GATEHOUSE_THREADS", least=1) < 3
    return [("E012", few, "GATEHOUSE_THREADS must be 3 or more: sign-ins wait in all but two.")]


def mail_rules() -> list[tuple[str, bool, str]]:
    """Return the rules about mails, whose links reset passwords.

    They must leave this machine for their readers, and nobody may read them on the way.
    """
    return [
        (
            "E010",
            settings.EMAIL_BACKEND.endswith((".filebased.EmailBackend", ".console.EmailBackend")),
            "GATEHOUSE_EMAIL_URL must name a mail server: links that reset passwords stay here.",
        ),
        (
            "E011",
            mail_travels_in_the_clear(),
            "GATEHOUSE_EMAIL_URL needs ?tls=1 or smtps: to a server on another machine.",
        ),
    ]


def mail_travels_in_the_clear() -> bool:
    """Return whether a password and the links in mails cross a network without TLS."""
    return (
        settings.EMAIL_BACKEND.endswith(".smtp.EmailBackend")
        and not (settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL)
        and not (settings.EMAIL_HOST == "localhost" or is_loopback(settings.EMAIL_HOST))
    )
