"""The events of bound sessions."""

from django.http import HttpRequest

from .. import signals
from ..models import Session

REFUSED = "binding_refused"

signals.KINDS |= {
    "bound": "A session was bound to its device",
    REFUSED: "A sign-in was used without the device that it is bound to",
    "binding_lost": "A session was ended: the proof of its device was wrong",
}
signals.ALARMS |= {REFUSED, "binding_lost"}


def tell_refused(request: HttpRequest | None, session_id: str) -> None:
    """Note that a good token was used without its key: it is probably a copy."""
    for session in Session.objects.select_related("user").filter(id=session_id):
        signals.tell(REFUSED, request, user=session.user, session=session, anonymous=True)
