"""Define the exceptions of this package, each with the answer that it becomes (web.problems).

An answer says what a client needs (`code`) and nothing that helps to guess. Forged, expired,
revoked and unknown tokens get the same answer. The precise cause stays on the exception (its text
and `__cause__`), for the log.
"""

from collections.abc import Iterable
from typing import Any

from django.http.response import HttpResponseBase
from rest_framework import exceptions as drf


class Problem(drf.APIException):
    """Refuse a request, and tell the client. `cause` is for the log, never for the answer.

    `errors` says for each field what is wrong with it.
    """

    status_code = 400
    code = "invalid_request"
    detail_text = "The request could not be understood."
    logged = False  # True if whoever raises it has written a line of the log

    def __init__(self, cause: str = "", *, errors: dict[str, list[str]] | None = None) -> None:
        super().__init__(self.detail_text, self.code)
        self.cause = cause or self.detail_text
        self.members: dict[str, Any] = {}  # what the body says besides
        if errors is not None:
            self.members["errors"] = errors
        self.headers: dict[str, str] = {}
        self.challenge: dict[str, str] = {}  # parameters of a 401's WWW-Authenticate
        self.scheme = ""  # the one that it names; empty: every scheme that is taken here

    def __str__(self) -> str:
        return self.cause

    def finish(self, response: HttpResponseBase) -> None:
        """Add to the answer what is no header, such as cookies."""


class InvalidRequest(Problem):
    """Raised if the request is not what this endpoint takes."""


class LengthMissing(InvalidRequest):
    """Raised for a body of unknown length. Django reads none of it, as if it were empty."""

    detail_text = "Say how long the body is (Content-Length): it is not read otherwise."


class ValidationFailed(Problem):
    """Raised if one or more fields are wrong. `errors` names them."""

    code = "validation_failed"
    detail_text = "Some fields need another value."


class TwoCredentials(Problem):
    """Raised if a Bearer token comes with an access cookie (RFC 6750 section 2: one method)."""

    code = "two_credentials"
    detail_text = "Send the access cookie or a Bearer token, not both."


class NotAuthenticated(Problem):
    """Raised if no credential was sent."""

    status_code = 401
    code = "not_authenticated"
    detail_text = "Sign in first."


class InvalidToken(Problem):
    """Raised if the access token is not ours, not for this API, or no longer valid."""

    status_code = 401
    code = "invalid_token"
    detail_text = "The access token is not valid. Refresh it, or sign in again."


class ExpiredToken(InvalidToken):
    """Raised if only the token's time is over, and everything else about it is right."""


class RevokedSession(InvalidToken):
    """Raised if the token's session has ended, or its user's rights changed after it was issued."""


class InvalidProof(InvalidToken):
    """Raised if a program's proof that it holds its key (DPoP) is missing, wrong or used before.

    400 where tokens are asked for (RFC 9449 section 5), 401 where one is used (section 7.1).
    """

    code = "invalid_dpop_proof"
    detail_text = "The header DPoP does not prove that this request is from the holder of the key."

    def __init__(self, cause: str = "") -> None:
        super().__init__(cause)
        self.challenge = {"error": self.code}
        self.scheme = "DPoP"


class NonceMissing(InvalidProof):
    """Raised if a proof lacks a nonce of the last two minutes. `DPoP-Nonce` holds one.

    400 where tokens are asked for (RFC 9449 section 8), 401 where one is used (section 9).
    """

    code = "use_dpop_nonce"
    detail_text = "Make another proof, with the nonce in the header DPoP-Nonce, and send it again."


class InvalidCredentials(Problem):
    """Raised if the user is unknown or inactive, or the password wrong. No answer says which."""

    status_code = 401
    code = "invalid_credentials"
    detail_text = "E-mail or password is wrong."


class FactorLocked(Problem):
    """Raised if too many wrong codes were entered in a row, after a first factor that was right."""

    status_code = 401
    code = "factor_locked"
    detail_text = (
        "The authenticator app is locked after too many wrong codes. Use a passkey or a recovery "
        "code, and set the app up again."
    )


class SecondFactorRequired(Problem):
    """Raised if what was proven is not enough here. `methods` names what completes it."""

    status_code = 401
    code = "second_factor_required"
    detail_text = "A second step is needed: confirm with what you have set up."

    def __init__(self, cause: str = "", *, methods: Iterable[str] = ()) -> None:
        super().__init__(cause)
        self.members["methods"] = list(methods)


class InsufficientUserAuthentication(Problem):
    """Raised if the sign-in is too weak or too long ago (RFC 9470).

    The challenge names what is needed.
    """

    status_code = 401
    code = "insufficient_user_authentication"
    detail_text = "This needs a stronger or more recent sign-in."

    def __init__(self, cause: str = "", *, acr: str = "1", max_age: int | None = None) -> None:
        super().__init__(cause)
        self.challenge = {"error": self.code, "acr_values": acr}
        if max_age is not None:
            self.challenge["max_age"] = str(max_age)


class NoRefreshToken(Problem):
    """Raised if there is no refresh token to refresh with."""

    status_code = 401
    code = "no_refresh_token"
    detail_text = "There is no refresh token. Sign in."


class SessionEnded(Problem):
    """Raised if the refresh token earns no new tokens."""

    status_code = 401
    code = "session_ended"
    detail_text = "This session has ended. Sign in again."


class RefreshReused(SessionEnded):
    """Raised if an older refresh token came back and ended the session (RFC 9700 section 4.14)."""


class CsrfFailed(Problem):
    """Raised if nothing shows that the request comes from our own pages."""

    status_code = 403
    code = "csrf_failed"
    detail_text = "This request did not come from a page of this site. Reload and try again."


class InsufficientScope(Problem):
    """Raised if the token is valid but has not the scope that is needed."""

    status_code = 403
    code = "insufficient_scope"
    detail_text = "This needs a right that your account does not have."


class ReauthenticationRequired(Problem):
    """Raised if the password was last entered too long ago."""

    status_code = 403
    code = "reauthentication_required"
    detail_text = "Enter your password again to go on."


class EnrolmentRequired(Problem):
    """Raised if the account must have a second factor and can do nothing but set one up."""

    status_code = 403
    code = "enrolment_required"
    detail_text = "Set up a second factor first: a passkey or an authenticator app."


class DeviceProofRequired(Problem):
    """Raised if the session is bound to a device, and nothing shows that the request is from it."""

    status_code = 403
    code = "device_proof_required"
    detail_text = "This session is bound to the device where it began. Sign in again on this one."


class BindingRequired(DeviceProofRequired):
    """Raised if this is for staff in a session that is bound to its device, and this one is not."""

    detail_text = (
        "This needs a sign-in that is bound to this device. Sign in again, in a browser that can "
        "bind one (Device Bound Session Credentials)."
    )


class BrowserMustUseCookies(Problem):
    """Raised if a page asks for tokens that its scripts could read."""

    status_code = 403
    code = "browser_must_use_cookies"
    detail_text = "This endpoint is not for browsers: sign in with /auth/login."


class NotFound(Problem):
    """Raised if there is no such thing, or it is somebody else's. The answer does not say which."""

    status_code = 404
    code = "not_found"
    detail_text = "There is nothing here."


class MethodNotAllowed(Problem):
    """Raised if the endpoint has no such method. `Allow` names those that it has."""

    status_code = 405
    code = "method_not_allowed"
    detail_text = "This method is not allowed here."


class TooLarge(Problem):
    """Raised if the body is longer than the endpoint takes, before any of it is parsed."""

    status_code = 413
    code = "too_large"
    detail_text = "The request is too large. Send less."


class UnsupportedMediaType(Problem):
    """Raised if the body is not sent as JSON. No form of another site can send JSON."""

    status_code = 415
    code = "unsupported_media_type"
    detail_text = "Send JSON, as application/json in UTF-8."


class Throttled(Problem):
    """Raised if a budget is used up. `Retry-After` says for how many seconds."""

    status_code = 429
    code = "throttled"
    detail_text = "Too many attempts. Try again later."

    def __init__(self, cause: str = "", *, wait: int = 600) -> None:
        super().__init__(cause)
        self.headers["Retry-After"] = str(min(600, max(1, wait)))


class Unavailable(Problem):
    """Raised if something that the answer depends on cannot be asked."""

    status_code = 503
    code = "unavailable"
    detail_text = "The service cannot answer right now. Try again in a moment."

    def __init__(self, cause: str = "") -> None:
        super().__init__(cause)
        self.headers["Retry-After"] = "2"
