"""At a step-up, have the device of a bound session sign before the request is carried out.

The first request is refused. The refusal takes the companion away and sets a question, so the
browser has the device sign before it sends the request again, which the page's script does
(request.js). The new companion says which question it answers. A jar that was copied before has no
such companion, however fresh its own is. An answer counts for five minutes, as a password does,
since Chromium signs no more than six times in nine minutes for a site.
"""

import hashlib
import hmac
import time
from dataclasses import asdict

from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from ..conf import STEP_UP_SECONDS
from ..errors import DeviceProofRequired
from ..tokens.keys import b64
from ..web import cookies
from . import companion
from .companion import Companion

COOKIE = f"{cookies.PREFIX}device_question"
cookies.GUARDED.add(COOKIE)
SALT = "gatehouse.binding.step_up"


class DeviceProofAsked(DeviceProofRequired):
    """Raised to have the page send the same request once more, before which the device signs."""

    detail_text = "The device signs first: send the same request again."

    def __init__(self, taken: Companion) -> None:
        super().__init__("a fresh proof of the device is asked for")
        self.taken = taken

    def finish(self, response: HttpResponseBase) -> None:
        """Set the question, which holds the companion, and take that away."""
        taken = Companion(sid=self.taken.sid, jkt=self.taken.jkt, exp=self.taken.exp)
        question = signing.dumps(asdict(taken), salt=SALT)  # another one each time, by its id
        cookies.keep(response, COOKIE, question, STEP_UP_SECONDS)
        companion.drop(response)


class DeviceBusy(DeviceProofRequired):
    """Raised if the browser could not have its device sign now. It gets its companion back."""

    detail_text = "This device could not confirm that it is yours. Try again in a few minutes."

    def __init__(self, taken: Companion) -> None:
        super().__init__("the browser could not have the device sign")
        self.taken = taken

    def finish(self, response: HttpResponseBase) -> None:
        """Set the companion that was taken away, for as long as it was good."""
        companion.keep(response, self.taken)


def require(request: HttpRequest, session_id: str, jkt: str) -> None:
    """Raise DeviceProofAsked unless the device was asked lately and has answered.

    Raise DeviceProofRequired if it was asked and has not.
    """
    found = companion.require(request, session_id, jkt)
    if asked(request, session_id, jkt) is None:
        raise DeviceProofAsked(found)
    if not hmac.compare_digest(found.answers, answers(request)):
        raise DeviceProofRequired("the device did not answer the question of this step-up")


def asked(request: HttpRequest, session_id: str, jkt: str) -> Companion | None:
    """Return the companion that was taken away when this session's device was asked lately."""
    text = cookies.read(request, COOKIE)
    try:
        taken = Companion(**signing.loads(text, salt=SALT, max_age=STEP_UP_SECONDS))
    except (signing.BadSignature, TypeError):
        return None
    return taken if (taken.sid, taken.jkt) == (session_id, jkt) else None


def answers(request: HttpRequest) -> str:
    """Return what a companion that is made now says: a digest of the question, if there is one.

    The question cannot be found from it: whoever copies the companion alone cannot ask it again.
    """
    question = cookies.read(request, COOKIE)
    return b64(hashlib.sha256(question.encode()).digest()) if question else ""


def give_back(request: HttpRequest, session_id: str, jkt: str) -> None:
    """Raise DeviceBusy if this request has no companion because the device was asked in vain."""
    if "HTTP_SECURE_SESSION_SKIPPED" in request.META:
        taken = asked(request, session_id, jkt)
        if taken is not None and taken.exp > time.time():
            raise DeviceBusy(taken)
