"""System checks of this part: where passkeys work, and who should have a second factor."""

import ipaddress

from django.conf import settings

from ..checks import rule
from ..conf import conf
from .passkeys import rp_id


@rule("W008")
def staff() -> str:
    if settings.DEBUG or conf.second_factor != "optional" or not conf.issuer.startswith("https:"):
        return ""
    return "SECOND_FACTOR should be staff: a stolen password of theirs opens everybody's data."


@rule("W009")
def host() -> str:
    try:
        ipaddress.ip_address(rp_id())
    except ValueError:
        return ""
    return "ISSUER is an address, where browsers make no passkeys: it should name a host."
