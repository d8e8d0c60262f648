"""Answer the core when it asks for a proof: of browsers by the companion, of programs by DPoP.

"No proof" is never read as "not bound": whoever has stolen a jar chooses what to leave out.
"""

import logging
from typing import Any

from django.dispatch import receiver
from django.http import HttpRequest

from .. import signals
from ..errors import DeviceProofRequired
from ..models import Session
from ..web.authentication import bearer_token
from ..web.csrf import shown
from . import companion, step_up
from .conf import conf

log = logging.getLogger("gatehouse")

signals.KINDS |= {
    "bound": "A session was bound to its device",
    "binding_refused": "A sign-in was used without the device that it is bound to",
    "binding_lost": "A session was ended: the proof of its device was wrong",
}
signals.ALARMS |= {"binding_refused", "binding_lost"}


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
        require_of_browser(request, session_id, jkt, token)


@receiver(signals.holding_now)
def require_now(
    sender: None, *, request: HttpRequest, session_id: str, jkt: str, **kwargs: Any
) -> None:
    """Raise what asks the device of a browser for a proof that is made for this request.

    A program's proof is made for each request anyway.
    """
    if conf.binding and bearer_token(request) is None:
        step_up.require(request, session_id, jkt)


def require_of_browser(request: HttpRequest | None, session_id: str, jkt: str, token: str) -> None:
    """Raise DeviceProofRequired unless the companion came with the request.

    A good refresh token without it is an event: it is probably a copy.
    """
    try:
        companion.require(request, session_id, jkt)
    except DeviceProofRequired:
        if request is not None:
            note_skipped(request, session_id)
            step_up.give_back(request, session_id, jkt)
            if not token and request.method == "POST":
                tell_refused(request, session_id)
        raise


def note_skipped(request: HttpRequest, session_id: str) -> None:
    """Log why a browser did not renew the companion (W3C draft, section 8.5), if it says so."""
    why = request.META.get("HTTP_SECURE_SESSION_SKIPPED")
    if why is not None:
        text = shown(why.partition(";")[0])
        log.warning("a browser renewed no companion: %s", text, extra={"session": session_id})


def tell_refused(request: HttpRequest, session_id: str) -> None:
    """Note that a sign-in was used without its device."""
    session = Session.objects.select_related("user").get(id=session_id)
    signals.tell("binding_refused", request, user=session.user, session=session, anonymous=True)
