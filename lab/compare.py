"""/learn/sessions: one person signed in twice, by a plain Django session and by the app's tokens.

Both credentials travel with the same requests of a real browser. Each check says what it weighed on
the wire and how often it asked the database. The second server is this one with every query
refused: it has the public keys, and nothing else.
"""

from collections.abc import Callable
from typing import Any

from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.http import HttpRequest
from rest_framework import serializers
from rest_framework.response import Response

from accounts import sessions, subjects, tokens
from accounts.conf import override
from accounts.errors import InvalidToken
from accounts.models import Session
from accounts.sessions import revocation
from accounts.web import cookies
from accounts.web.bodies import Worded
from accounts.web.browser import BrowserView
from lab import bank, jar, runs, views

PLAIN = "__Host-Http-lab_session"
SECONDS = 600


class NoDatabaseError(Exception):
    """A query at the server that has no database."""


class Queries:
    """Count what a check asks the database. Raise NoDatabaseError where there is none."""

    def __init__(self, *, database: bool) -> None:
        self.database = database
        self.count = 0

    def __call__(self, execute: Callable[..., Any], *statement: Any) -> Any:
        if not self.database:
            raise NoDatabaseError("no database here")
        self.count += 1
        return execute(*statement)


def plain(request: HttpRequest) -> str:
    """Return whom the session's row names, or an empty text if there is no such row."""
    return str(SessionStore(request.COOKIES.get(PLAIN)).get("sub", ""))


def jwt(request: HttpRequest, *, database: bool) -> str:
    """Return whom the access token names. With the database, no ended session counts."""
    try:
        claims = tokens.verify_access(cookies.read_access(request) or "")
        if database:
            revocation.check(claims)
    except InvalidToken:
        return ""
    return claims.sub


class StartView(BrowserView):
    """POST: the bench's person signs in, in both ways at once."""

    def post(self, request: HttpRequest) -> Response:
        person = runs.person(views.required(request))
        sessions.end_all_of(person, "replaced")
        with override(bank.lasting()):
            issued = sessions.start(
                person,
                evidence=sessions.BY_PASSWORD,
                client=Session.Client.WEB,
                remember=False,
                request=request,
            )
            SessionStore(request.COOKIES.get(PLAIN)).delete()
            store = SessionStore()
            store["sub"] = subjects.of(person).sub
            store.set_expiry(SECONDS)
            store.create()
            response = Response(status=204)
            cookies.set_tokens(response, issued)
        jar.put(response, PLAIN, str(store.session_key), SECONDS, **jar.STRICT)
        return response


class CheckForm(Worded):
    """`database`: at the server that has one, or at the second."""

    database = serializers.BooleanField(default=True)


class CheckView(BrowserView):
    """POST: who is this, by each of the two credentials that came along?"""

    takes = CheckForm

    def post(self, request: HttpRequest, given: dict[str, Any]) -> Response:
        views.required(request)
        database = given["database"]
        checks: dict[str, tuple[Callable[[], str], dict[str, str]]] = {
            "plain": (lambda: plain(request), {PLAIN: request.COOKIES.get(PLAIN, "")}),
            "jwt": (lambda: jwt(request, database=database), cookies.sent(request)),
        }
        with override(bank.lasting()):
            return Response(
                {
                    name: checked(check, came, database=database)
                    for name, (check, came) in checks.items()
                }
            )


def checked(check: Callable[[], str], came: dict[str, str], *, database: bool) -> dict[str, Any]:
    """The answer, its weight on the wire, and what it asked the database."""
    queries = Queries(database=database)
    cause = ""
    with connection.execute_wrapper(queries):
        try:
            status = 200 if check() else 401
        except NoDatabaseError as missing:
            status, cause = 503, str(missing)
    size = sum(len(f"{name}={value}") for name, value in came.items())
    return {"status": status, "cause": cause, "bytes": size, "queries": queries.count}


class EndView(BrowserView):
    """POST: the sign-out, in both ways. The cookies stay, as a copy of them would."""

    def post(self, request: HttpRequest) -> Response:
        person = runs.person(views.required(request))
        SessionStore(request.COOKIES.get(PLAIN)).delete()
        sessions.end_all_of(person, "signed_out")
        return Response(status=204)
