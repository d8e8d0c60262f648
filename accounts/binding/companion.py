"""The companion: a cookie that only the device's key renews, beside the two that hold tokens.

It is signed, names the session and the key, and lives as long as an access token. So it is checked
without a query, and a copy of it is worth minutes. The token cookies cannot be bound themselves,
since browsers refuse it for names with `__Host-Http-` (docs/binding.md).
"""

import secrets
import time
from dataclasses import asdict, dataclass, field

from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from ..conf import LEEWAY_SECONDS, conf
from ..errors import DeviceProofRequired
from ..tokens.claims import is_over
from ..web import cookies

COOKIE = "__Host-bound"
cookies.GUARDED.add(COOKIE)
SALT = "gatehouse.binding.companion"

# As the browser compares them with each cookie that a renewal sets: letter by letter, and without
# Max-Age, for which it refuses the whole session.
ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Strict"


@dataclass(frozen=True, kw_only=True)
class Companion:
    """A proof of the key `jkt` for the session `sid`, until `exp`.

    `answers` is the digest of the question that the device has just answered (step_up), if any.
    """

    sid: str
    jkt: str
    answers: str = ""
    exp: int = field(default_factory=lambda: int(time.time()) + conf.access_seconds)
    # The value is another one each time, or the browser would see no renewal.
    id: str = field(default_factory=lambda: secrets.token_urlsafe(8))


def name() -> str:
    """Return the name of the cookie. Its beginning is guarded for each issuer on this host."""
    return f"{COOKIE}_{conf.cookie_mark}" if conf.cookie_mark else COOKIE


def keep(response: HttpResponseBase, companion: Companion) -> None:
    """Set the cookie, for as long as the companion is good."""
    text = signing.dumps(asdict(companion), salt=SALT)
    cookies.keep(response, name(), text, max(0, companion.exp - int(time.time())))


def drop(response: HttpResponseBase) -> None:
    """Delete the cookie, so that the browser has the device sign before its next request."""
    cookies.drop(response, name())


def require(request: HttpRequest | None, session_id: str, jkt: str) -> Companion:
    """Return the companion of this session and this key. Raise DeviceProofRequired without one."""
    found = read(request) if request is not None else None
    if found is None:
        raise DeviceProofRequired("no companion that is good")
    if (found.sid, found.jkt) != (session_id, jkt):
        raise DeviceProofRequired("the companion of another session or another key")
    return found


def read(request: HttpRequest) -> Companion | None:
    """Return the companion that came with the request, or None if there is none that is good."""
    try:
        found = Companion(**signing.loads(cookies.read(request, name()), salt=SALT))
    except (signing.BadSignature, TypeError):
        return None
    # One that was made before the clock stepped back would be good for too long.
    ahead = found.exp > time.time() + conf.access_seconds + LEEWAY_SECONDS
    return None if ahead or is_over(found.exp) else found
