"""Authenticate a request, by a thin DRF class over the token, the feed and the CSRF check.

A request has one credential: the access cookie or a Bearer token. Which defence applies depends on
the credential that authenticated, never on which headers are present. None means that there is no
credential. An exception means that there is a bad one. A Bearer token that is no JWT is shown to
the parts of this package first (`signals.recognising`). A token under another scheme of SCHEMES
counts only if the part that knows the scheme finds what it wants (`signals.holding`).
"""

from functools import partial
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from .. import sessions, signals, subjects, tokens
from ..credentials import budgets
from ..errors import (
    EnrolmentRequired,
    ExpiredToken,
    InsufficientScope,
    InvalidToken,
    NonceMissing,
    RevokedSession,
    TwoCredentials,
)
from ..sessions import revocation
from ..tokens.claims import AccessClaims
from . import cookies, csrf
from .permissions import ScopedAccess, django_request
from .problems import REALM

# The schemes of the Authorization header whose token is looked at, in lower case. A part adds its
# own when it is installed (accounts.binding: "dpop").
SCHEMES = {"bearer"}


class Principal(SimpleLazyObject):  # type: ignore[type-arg]  # none at run time
    """The signed-in user: the project's own object, read when something of it is first used.

    The names below are answered by the token, without a query. Everything else is the row's:
    columns, `pk`, methods, equality, what a foreign key takes. The row is read once. Reading it
    raises InvalidToken if the user is gone or inactive by then.
    """

    claims: AccessClaims
    is_authenticated = True
    is_anonymous = False
    # Django's own hides operators that the row lacks, at a cost for each name that is read. Users
    # have none.
    __getattribute__ = object.__getattribute__

    def __init__(self, claims: AccessClaims, user: Any = None) -> None:
        """Take what the token says, and the user's row where it was read with it."""
        super().__init__(partial(load, claims.sub) if user is None else lambda: user)
        object.__setattr__(self, "claims", claims)  # an assignment would set the row's

    def __bool__(self) -> bool:
        return True

    @property
    def sub(self) -> str:
        """Return what tokens call the user."""
        return self.claims.sub

    @property
    def session_id(self) -> str:
        return self.claims.sid

    @property
    def scope(self) -> frozenset[str]:
        return self.claims.scope


class SignedInRequest(HttpRequest):
    """Describe to type checkers what endpoints for signed-in callers get. None is ever made."""

    user: Principal  # type: ignore[assignment]  # the stubs know Django's users alone
    auth: AccessClaims


class TokenAuthentication(BaseAuthentication):
    """Authenticate by the access cookie with CSRF defence, or by `Authorization: Bearer`."""

    def authenticate(self, request: Request) -> tuple[Any, AccessClaims] | None:
        """Return the principal and its claims, or None where the request carries no token.

        Raise InvalidToken, TwoCredentials, CsrfFailed, or EnrolmentRequired if the token is good
        for setting up a second factor alone and the view does not say that it is `for_enrolment`.
        """
        http = django_request(request)
        bearer = bearer_token(http)
        cookie = cookies.read_access(http)
        if bearer is not None and cookie is not None:
            raise TwoCredentials
        token = cookie if bearer is None else bearer
        if token is None:
            return None
        view = request.parser_context.get("view")
        principal = None
        if bearer is not None and "." not in bearer and scheme_of(http) == "bearer":  # no JWT
            principal = recognise(bearer, view)
        if principal is None:
            principal = authenticate_token(http, token)
        if bearer is None:
            csrf.check(http)
        claims = principal.claims
        if subjects.ENROL in claims.scope and not getattr(view, "for_enrolment", False):
            raise EnrolmentRequired
        return principal, claims

    def authenticate_header(self, request: Request) -> str:
        return REALM


def load(sub: str) -> Any:
    """Return the user with this `sub`. Raise InvalidToken if there is no such active user."""
    user = subjects.with_sub(sub)
    if user is None or not user.is_active:
        # Deleted or deactivated elsewhere, in the second before this server hears of it.
        raise InvalidToken("the user is gone")
    return user


def recognise(token: str, view: Any) -> Principal | None:
    """Return the principal of a token that a part of this package knows, or None.

    Such a token is no session. It opens the views that ask for a scope, and those that say they
    are `for_personal_tokens`: one that may do little must not do all that needs no scope. Raise
    InsufficientScope elsewhere, and InvalidToken if it was good once.
    """
    answers: list[tuple[Any, Any]] = signals.recognising.send(None, token=token)
    recognised = (principal for _, principal in answers if principal is not None)
    found: Principal | None = next(recognised, None)
    if found is None or getattr(view, "for_personal_tokens", False):
        return found
    permissions: list[Any] = getattr(view, "get_permissions", list)()
    if not any(isinstance(one, ScopedAccess) for one in permissions):
        raise InsufficientScope("a personal access token opens nothing that asks for no scope")
    return found


def claims_of(request: HttpRequest, token: str) -> AccessClaims:
    """Return the claims of a valid token whose session is live.

    Raise InvalidToken otherwise, and what `sessions.require_key` raises if the token names a key
    and the request does not prove to hold it.
    """
    claims = tokens.verify_access(token)
    revocation.check(claims)
    if claims.jkt or scheme_of(request) not in ("", "bearer"):
        sessions.require_key(request, claims.sid, claims.jkt, token=token)
    return claims


def authenticate_token(request: HttpRequest, token: str) -> Principal:
    """Return the principal of a valid token whose session is live.

    Raise InvalidToken otherwise. Tokens that were never valid count against the network's budget.
    """
    try:
        claims = claims_of(request, token)
    except (ExpiredToken, RevokedSession, NonceMissing):
        raise  # it was good once, or will be with a nonce, so it is nobody's guess
    except InvalidToken:
        budgets.count_bad_token(request)
        raise
    sessions.confirm(claims.sid, claims.gen)
    return Principal(claims)


def bearer_token(request: HttpRequest) -> str | None:
    """Return the token of an Authorization header with a scheme of ours, or None without one.

    A malformed token fails later.
    """
    if scheme_of(request) not in SCHEMES:
        return None
    return str(request.META["HTTP_AUTHORIZATION"].strip().partition(" ")[2].strip())


def scheme_of(request: HttpRequest) -> str:
    """Return the scheme of the Authorization header, or an empty text without one.

    It is in lower case, as case does not matter there (RFC 9110 section 11.1).
    """
    header: str = request.META.get("HTTP_AUTHORIZATION", "")
    return header.strip().partition(" ")[0].lower() if header else ""
