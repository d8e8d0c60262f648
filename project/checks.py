"""System checks on the wiring: production refuses what the demo may do."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.security)
def production_is_safe(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Each unsafe setting in production, by name."""
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
        ("E008", settings.SECURE_HSTS_SECONDS < 365 * 86400, "HSTS must last a year or more."),
    ]
    return [Error(text, id=f"project.{number}") for number, wrong, text in rules if wrong]
