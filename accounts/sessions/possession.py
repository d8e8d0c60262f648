"""Bind a session to a key, and ask who starts, uses or refreshes one for a proof of it.

How a proof looks is known to the part that listens (accounts.binding). Here is only who is asked.
"""

from typing import Any

from django.http import HttpRequest

from .. import signals
from ..models import Session


def check_key(request: HttpRequest | None, client: str, *, starting: bool = False) -> str:
    """Return the thumbprint of the key that a request proves to hold, or an empty text.

    Raise what a listener of `signals.binding` raises for a bad proof. Whoever is about to check
    credentials calls this first, so that a bad proof costs no password hash and no one-time code.
    """
    answers: list[tuple[Any, Any]] = signals.binding.send(
        None, request=request, client=client, starting=starting
    )
    return next((jkt for _, jkt in answers if jkt), "")


def bind(session_id: str, jkt: str) -> bool:
    """Bind a live session to the key with this thumbprint, for good.

    Return False if it is bound already, or has ended. The next access tokens name the key.
    """
    unbound = Session.objects.filter(id=session_id, ended_at=None, jkt="")
    return bool(unbound.update(jkt=jkt))


def require_key(
    request: HttpRequest | None,
    session_id: str,
    jkt: str,
    *,
    token: str = "",
    client: str = Session.Client.WEB,
) -> None:
    """Raise DeviceProofRequired, InvalidProof or InvalidToken unless the request proves this key.

    `token` is the access token that names it. At a refresh it is empty, and `client` says whose
    session it is. Nobody asks for a proof if no part that can check one is installed.
    """
    signals.holding.send(
        None, request=request, session_id=session_id, jkt=jkt, token=token, client=client
    )
