"""Answer the core when it asks for a proof: of browsers by the companion, of programs by DPoP.

"No proof" is never read as "not bound": whoever has stolen a jar chooses what to leave out.
"""

from typing import Any

from django.dispatch import receiver
from django.http import HttpRequest

from .. import signals
from ..errors import DeviceProofRequired
from .conf import conf


@receiver(signals.holding)
def require(
    sender: None,
    *,
    request: HttpRequest | None,
    session_id: str,
    jkt: str,
    token: str,
    **kwargs: Any,
) -> None:
    """Raise DeviceProofRequired or InvalidToken unless the request proves to hold the key."""
    if conf.binding and jkt:
        raise DeviceProofRequired
