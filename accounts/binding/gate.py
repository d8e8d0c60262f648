"""Answer the core when it asks for a proof: of browsers by the companion, of programs by DPoP.

"No proof" is never read as "not bound": whoever has stolen a jar chooses what to leave out.
"""

from typing import Any

from django.dispatch import receiver
from django.http import HttpRequest

from .. import signals
from ..errors import DeviceProofRequired
from . import dpop
from .conf import conf


@receiver(signals.holding)
def require(
    sender: None,
    *,
    request: HttpRequest | None,
    session_id: str,
    jkt: str,
    token: str,
    client: str,
    **kwargs: Any,
) -> None:
    """Raise DeviceProofRequired unless a browser proves to hold the key. `dpop` asks programs."""
    if conf.binding and jkt and not dpop.is_from_program(request, token, client):
        raise DeviceProofRequired
