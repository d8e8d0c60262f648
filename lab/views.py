"""The lab's endpoints about the caller's own session: watch, log, hello, inspect, expire.

The same on the app's hosts and on the lab's, where they run under the lab's profile.
"""

import re
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from rest_framework.response import Response

from accounts import conf, errors, subjects, tokens
from accounts.models import Session
from accounts.sessions import database_now
from accounts.tokens import signing
from accounts.web import cookies
from accounts.web.authentication import SignedInRequest
from accounts.web.base import ProtectedEndpoint
from accounts.web.bodies import moment
from accounts.web.browser import BrowserView
from lab import benches, inspection, jar, people, profile
from lab.models import Bench

# The id of an entry; anything else in its place counts as none.
ID = re.compile(r"[0-9]{1,18}")


class WatchView(BrowserView):
    """POST: a bench for this browser, whose requests are recorded from now on. DELETE: no more."""

    def post(self, request: HttpRequest) -> Response:
        bench = benches.find(request)
        if bench is None:
            # In a class both are ports of one host, so that they share the bench.
            with_person = is_lab(request) or settings.CLASS
            bench = benches.open_bench(request, with_person=with_person)
        response = Response(bench_json(bench))
        jar.put_bench(response, bench.id)
        return response

    def delete(self, request: HttpRequest) -> Response:
        bench = benches.find(request)
        if bench is not None:
            benches.clear(bench)
        response = Response(status=204)
        jar.drop_bench(response)
        return response


class LogView(BrowserView):
    """GET ?after=ID: what the server has recorded for this browser."""

    def get(self, request: HttpRequest) -> Response:
        after = request.GET.get("after", "0")
        bench = required(request)
        return Response({"entries": benches.log(bench, int(after) if ID.fullmatch(after) else 0)})


class HelloView(ProtectedEndpoint):
    """POST: an unsafe request of a signed-in caller that changes nothing, to watch its defences."""

    def post(self, request: SignedInRequest) -> Response:
        return Response({"hello": request.auth.sub})


class InspectView(BrowserView):
    """GET: the caller's own token cookies, decoded and verified here; no signature goes out."""

    def get(self, request: HttpRequest) -> Response:
        access, refresh = cookies.names()
        kinds = {
            "access": (access, signing.AccessToken.typ),
            "refresh": (refresh, signing.RefreshToken.typ),
        }
        sent = request.COOKIES
        found: dict[str, Any] = {
            kind: inspection.inspect(name, sent.get(name), typ)
            for kind, (name, typ) in kinds.items()
        }
        return Response({**found, "now": moment(database_now())})


class ExpireView(BrowserView):
    """POST, lab hosts alone: the same access token again, but with its time over.

    Signed by the same function with another argument; the browser keeps it, so that the next
    request meets an expired token and not a missing one.
    """

    def post(self, request: HttpRequest) -> Response:
        bench = required(request)
        user = subjects.with_sub(bench.person_sub)
        session = Session.objects.filter(user=user, ended_at=None).order_by("-created_at").first()
        if user is None or session is None:
            raise errors.NotFound("nobody is signed in at this bench")
        with conf.override(profile.expired()):
            issued = tokens.issue(session, "", database_now())
        response = Response(status=204)
        jar.put(response, cookies.names()[0], issued.access, 60, **cookies.ATTRIBUTES)
        return response


def required(request: HttpRequest) -> Bench:
    """The caller's bench; NotFound without one."""
    bench = benches.find(request)
    if bench is None:
        raise errors.NotFound("no bench")
    return bench


def is_lab(request: HttpRequest) -> bool:
    return bool(request.host_kind == "lab")  # type: ignore[attr-defined]


def bench_json(bench: Bench) -> dict[str, Any]:
    """What a page needs to know of its bench; the password opens nothing else."""
    last = bench.entries.order_by("-id").values_list("id", flat=True).first()
    user = subjects.with_sub(bench.person_sub) if bench.person_sub else None
    person = {"email": user.email, "name": user.name, "password": people.PASSWORD} if user else None
    return {
        "tag": bench.tag,
        "expires_at": moment(bench.expires_at),
        "cursor": last or 0,
        "balance": bench.balance,
        "person": person,
    }
