"""Who sent this request: a thin DRF class over the token, the feed and the CSRF check.

Serves steps 6 and 7. One credential a request: the access cookie or a Bearer token. Which
defence applies depends on the credential that authenticated, never on which headers are present.
None means "no credential here", an exception means "a bad one".
"""

from functools import partial
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from .. import sessions, subjects, tokens
from ..credentials import budgets
from ..errors import ExpiredToken, InvalidToken, RevokedSession, TwoCredentials
from ..sessions import revocation
from ..tokens.claims import AccessClaims
from . import cookies, csrf
from .problems import REALM


class Principal(SimpleLazyObject):  # type: ignore[type-arg]  # none at run time
    """The signed-in user: the project's own object, read when something of it is first used.

    What stands below the token says, and no database is asked. Everything else is the row's: its
    columns, `pk`, methods, equality, what a foreign key takes. It is read once. Whoever is gone by
    then, or inactive, is refused by InvalidToken.
    """

    claims: AccessClaims
    is_authenticated = True
    is_anonymous = False

    def __init__(self, claims: AccessClaims) -> None:
        super().__init__(partial(load, claims.sub))
        self.__dict__["claims"] = claims  # not by assignment, which would be one to the row

    def __bool__(self) -> bool:
        return True

    @property
    def sub(self) -> str:
        """What tokens call the user."""
        return self.claims.sub

    @property
    def session_id(self) -> str:
        return self.claims.sid

    @property
    def scope(self) -> frozenset[str]:
        return self.claims.scope


class SignedInRequest(HttpRequest):
    """What endpoints for signed-in callers get, to type checkers: none is ever made."""

    user: Principal  # type: ignore[assignment]  # the stubs know Django's users alone
    auth: AccessClaims


class TokenAuthentication(BaseAuthentication):
    """The access cookie, with CSRF defence, or `Authorization: Bearer`, without."""

    def authenticate(self, request: Request) -> tuple[Any, AccessClaims] | None:
        """Return the principal and its claims, or None where the request carries no token.

        Raise InvalidToken, TwoCredentials or CsrfFailed.
        """
        http = django_request(request)
        bearer = bearer_token(http)
        cookie = cookies.read_access(http)
        if bearer is not None and cookie is not None:
            raise TwoCredentials
        token = cookie if bearer is None else bearer
        if token is None:
            return None
        principal = authenticate_token(http, token)
        if bearer is None:
            csrf.check(http)
        return principal, principal.claims

    def authenticate_header(self, request: Request) -> str:
        return REALM


def django_request(request: Request) -> HttpRequest:
    """Return Django's request inside that of DRF, which is all that DRF's own classes are given."""
    return request._request


def load(sub: str) -> Any:
    """Return the user with this `sub`. Raise InvalidToken if there is no such active user."""
    user = subjects.with_sub(sub)
    if user is None or not user.is_active:
        # Deleted or deactivated elsewhere, in the second before this server hears of it.
        raise InvalidToken("the user is gone")
    return user


def authenticate_token(request: HttpRequest, token: str) -> Principal:
    """The principal of a good and live access token; InvalidToken, counted if it never was one."""
    try:
        claims = tokens.verify_access(token)
        revocation.check(claims)
    except (ExpiredToken, RevokedSession):
        raise  # it was good once: nobody's guess, and what follows is a refresh
    except InvalidToken:
        budgets.count_bad_token(request)
        raise
    sessions.confirm(claims.sid, claims.gen)
    return Principal(claims)


def bearer_token(request: HttpRequest) -> str | None:
    """The Bearer token, None without that scheme; a malformed header yields a text that fails.

    The scheme is case-insensitive (RFC 9110 section 11.1); other schemes are not for us.
    """
    header = request.META.get("HTTP_AUTHORIZATION", "")
    if not header:
        return None
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() != "bearer":
        return None
    return str(rest.strip())
