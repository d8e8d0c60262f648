"""Define the exceptions of this package, each with the answer that it becomes (web.problems).

An answer says what a client needs (`code`) and nothing that helps to guess: forged, expired,
revoked and unknown tokens are answered alike. The precise cause stays on the exception (its text
and `__cause__`), for the log.
"""

from collections.abc import Iterable
from typing import Any

from rest_framework import exceptions as drf


class Problem(drf.APIException):
    """A refusal that the client is told about. `cause` is for the log, never for the answer."""

    status_code = 400
    code = "invalid_request"
    detail_text = "The request could not be understood."
    logged = False  # whoever raises it may have written the line of the log

    def __init__(self, cause: str = "", *, errors: dict[str, list[str]] | None = None) -> None:
        super().__init__(self.detail_text, self.code)
        self.cause = cause or self.detail_text
        self.members: dict[str, Any] = {}  # what the body says besides
        if errors is not None:
            self.members["errors"] = errors  # for each field, what is wrong with it
        self.headers: dict[str, str] = {}
        self.challenge: dict[str, str] = {}  # parameters of a 401's WWW-Authenticate

    def __str__(self) -> str:
        return self.cause


class InvalidRequest(Problem):
    """The request is not what this endpoint takes."""


class LengthMissing(InvalidRequest):
    """A body of unknown length: Django reads none of it, and takes it for an empty one."""

    detail_text = "Say how long the body is (Content-Length): it is not read otherwise."


class ValidationFailed(Problem):
    """One or more fields are wrong; `errors` names them."""

    code = "validation_failed"
    detail_text = "Some fields need another value."


class TwoCredentials(Problem):
    """A Bearer token beside an access cookie (RFC 6750 section 2: not more than one method)."""

    code = "two_credentials"
    detail_text = "Send the access cookie or a Bearer token, not both."


class NotAuthenticated(Problem):
    """No credential was sent at all."""

    status_code = 401
    code = "not_authenticated"
    detail_text = "Sign in first."


class InvalidToken(Problem):
    """The access token is not one of ours, not for here, or no longer good."""

    status_code = 401
    code = "invalid_token"
    detail_text = "The access token is not valid. Refresh it, or sign in again."


class ExpiredToken(InvalidToken):
    """Everything about the token is right except that its time is over."""


class RevokedSession(InvalidToken):
    """The token's session has ended, or its user's rights changed after it was issued."""


class InvalidCredentials(Problem):
    """Unknown address, wrong password, inactive: the answer does not say which."""

    status_code = 401
    code = "invalid_credentials"
    detail_text = "E-mail or password is wrong."


class SecondFactorRequired(Problem):
    """What was proven is not enough for this person. `methods` names what would complete it."""

    status_code = 401
    code = "second_factor_required"
    detail_text = "A second step is needed: confirm with what you have set up."

    def __init__(self, cause: str = "", *, methods: Iterable[str] = ()) -> None:
        super().__init__(cause)
        self.members["methods"] = list(methods)


class InsufficientUserAuthentication(Problem):
    """The sign-in is too weak or too long ago for this (RFC 9470). The challenge says what is
    needed."""

    status_code = 401
    code = "insufficient_user_authentication"
    detail_text = "This needs a stronger or more recent sign-in."

    def __init__(self, cause: str = "", *, acr: str = "1", max_age: int | None = None) -> None:
        super().__init__(cause)
        self.challenge = {"error": self.code, "acr_values": acr}
        if max_age is not None:
            self.challenge["max_age"] = str(max_age)


class NoRefreshToken(Problem):
    """There is nothing to refresh with."""

    status_code = 401
    code = "no_refresh_token"
    detail_text = "There is no refresh token. Sign in."


class SessionEnded(Problem):
    """The refresh token is good for nothing any more."""

    status_code = 401
    code = "session_ended"
    detail_text = "This session has ended. Sign in again."


class RefreshReused(SessionEnded):
    """An older refresh token came back (RFC 9700 section 4.14): the session was ended."""


class CsrfFailed(Problem):
    """The request cannot be shown to come from our own pages."""

    status_code = 403
    code = "csrf_failed"
    detail_text = "This request did not come from a page of this site. Reload and try again."


class InsufficientScope(Problem):
    """The token is good but does not carry the scope that this needs."""

    status_code = 403
    code = "insufficient_scope"
    detail_text = "This needs a right that your account does not have."


class ReauthenticationRequired(Problem):
    """The password was last entered too long ago for this."""

    status_code = 403
    code = "reauthentication_required"
    detail_text = "Enter your password again to go on."


class EnrolmentRequired(Problem):
    """The account must have a second factor. Until then it can do nothing but set one up."""

    status_code = 403
    code = "enrolment_required"
    detail_text = "Set up a second factor first: a passkey or an authenticator app."


class BrowserMustUseCookies(Problem):
    """A page asked for tokens that its scripts could read."""

    status_code = 403
    code = "browser_must_use_cookies"
    detail_text = "This endpoint is not for browsers: sign in with /auth/login."


class NotFound(Problem):
    """No such thing, or somebody else's: the answer does not say which."""

    status_code = 404
    code = "not_found"
    detail_text = "There is nothing here."


class MethodNotAllowed(Problem):
    """`Allow` names the methods that there are."""

    status_code = 405
    code = "method_not_allowed"
    detail_text = "This method is not allowed here."


class TooLarge(Problem):
    """More bytes than this endpoint takes, refused before one is parsed."""

    status_code = 413
    code = "too_large"
    detail_text = "The request is too large. Send less."


class UnsupportedMediaType(Problem):
    """A body that is not JSON; no form of another site can send that."""

    status_code = 415
    code = "unsupported_media_type"
    detail_text = "Send JSON, as application/json in UTF-8."


class Throttled(Problem):
    """A budget is used up; `Retry-After` says for how many seconds."""

    status_code = 429
    code = "throttled"
    detail_text = "Too many attempts. Try again later."

    def __init__(self, cause: str = "", *, wait: int = 600) -> None:
        super().__init__(cause)
        self.headers["Retry-After"] = str(min(600, max(1, wait)))


class Unavailable(Problem):
    """Something that the answer depends on cannot be asked: closed, not open."""

    status_code = 503
    code = "unavailable"
    detail_text = "The service cannot answer right now. Try again in a moment."

    def __init__(self, cause: str = "") -> None:
        super().__init__(cause)
        self.headers["Retry-After"] = "2"


class NoMailServer(Unavailable):
    """No mail can be sent here, now or later: nothing says when to try again."""

    detail_text = "This server sends no mail, so nobody can do this here."

    def __init__(self, cause: str = "") -> None:
        super().__init__(cause)
        del self.headers["Retry-After"]
