"""At a step-up, ask the device of a bound session for a proof that is made for this very request.

The answer is a 307 to the same address that deletes the companion and sets a question. The browser
has the device sign before it repeats the request (W3C draft, section 9.3), and the new companion
says which question it answers. A copied jar has no such companion, however fresh its own is.
"""

import hashlib
import hmac

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from ..credentials import challenges
from ..credentials.challenges import BadChallengeError
from ..errors import DeviceProofRequired
from ..tokens.keys import b64
from ..web import cookies
from . import companion, dbsc

COOKIE = f"{cookies.PREFIX}device_question"
cookies.GUARDED.add(COOKIE)
SECONDS = 60


class DeviceProofAsked(DeviceProofRequired):
    """Raised to have the browser send the same request once more, after its device has signed."""

    status_code = 307
    detail_text = "The device signs first: send the same request again."

    def __init__(self, request: HttpRequest, session_id: str) -> None:
        super().__init__("a fresh proof of the device is asked for")
        self.headers["Location"] = request.get_full_path()
        self.question = b64(challenges.make(purpose(session_id)))

    def finish(self, response: HttpResponseBase) -> None:
        """Set the question, and delete the companion."""
        cookies.keep(response, COOKIE, self.question, SECONDS)
        companion.drop(response)


def purpose(session_id: str) -> str:
    """Return the purpose of a question at a step-up in this session."""
    return f"step up {session_id}"


def digest(question: str) -> str:
    """Return what a companion says of the question that it answers.

    The question cannot be found from it: whoever copies the companion later cannot ask it again.
    """
    return b64(hashlib.sha256(question.encode()).digest())


def answers(request: HttpRequest) -> str:
    """Return what a companion that is made now says, with an empty text where nothing was asked."""
    question = cookies.read(request, COOKIE)
    return digest(question) if question else ""


def require(request: HttpRequest, session_id: str, jkt: str) -> None:
    """Raise DeviceProofAsked unless the device was asked for this and has answered.

    Raise DeviceProofRequired if it was asked and has not.
    """
    found = companion.require(request, session_id, jkt)
    question = cookies.read(request, COOKIE)
    if question and not hmac.compare_digest(found.answers, digest(question)):
        raise DeviceProofRequired("the device did not answer the question of this step-up")
    try:
        dbsc.use_challenge(purpose(session_id), question)
    except BadChallengeError as error:
        raise DeviceProofAsked(request, session_id) from error
