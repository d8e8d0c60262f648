"""/learn/refresh: `accounts.sessions` step by step, on a session of the bench's own person.

Script steers and never holds a token: it names one by its handle. So one page can play owner,
thief and two tabs, and every answer is what the real functions made of a real row.
"""

from functools import cache
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import clock, errors, revocation, sessions, tokens
from accounts.claims import Issued
from accounts.conf import Profile, override
from accounts.judgement import Verdict
from accounts.models import Session
from accounts.views.browser import BrowserView
from accounts.watching import Call, watch
from api.lab import profile, runs, views
from api.lab.models import Bench

# Short enough to wait for; what they mean for the algorithm is the same.
WINDOW_SECONDS = 2


@cache
def profiles() -> dict[bool, Profile]:
    """The lab's settings with a short window, and with none at all."""
    base = {**profile.lab().values, "ACCESS_SECONDS": 300}
    return {
        True: Profile({**base, "GRACE_SECONDS": WINDOW_SECONDS}),
        False: Profile({**base, "GRACE_SECONDS": 0}),
    }


class Form(serializers.Serializer[Any]):
    """`token` is a handle. `window`: whether repeated refreshes are answered for a while."""

    run = serializers.CharField(max_length=32)
    token = serializers.CharField(max_length=32, default="")
    window = serializers.BooleanField(default=True)
    look = serializers.BooleanField(default=True)


class StepView(BrowserView):
    """The base of all steps: form and bench in, what happened and the session's row out."""

    def post(self, request: Request) -> Response:
        form = Form(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        bench, run = views.required(request._request), runs.run_of(given["run"])
        with override(profiles()[given["window"]]):
            found = self.step(request, bench, run, given)
            return Response({**found, "row": row(bench, run)})

    def step(
        self, request: Request, bench: Bench, run: str, given: dict[str, Any]
    ) -> dict[str, Any]:
        raise NotImplementedError


class StartView(StepView):
    """A new session: its first pair of tokens, by handle."""

    def step(
        self, request: Request, bench: Bench, run: str, given: dict[str, Any]
    ) -> dict[str, Any]:
        person = runs.person(bench)
        sessions.end_all_of(person, "replaced")
        issued = sessions.start(
            person, client=Session.Client.WEB, remember=False, request=request._request
        )
        runs.hold(bench, run, "session", issued.session.id)
        return {"status": 200, "cause": "", "verdict": "started", **held(bench, run, issued)}


class TurnView(StepView):
    """`sessions.rotate` with the refresh token behind the handle."""

    def step(
        self, request: Request, bench: Bench, run: str, given: dict[str, Any]
    ) -> dict[str, Any]:
        token = runs.held(bench, run, "refresh", given["token"])
        calls: list[Call] = []
        presented = tokens.verify_refresh(token).gen
        try:
            with watch(calls.append):
                issued = sessions.rotate(token, client=Session.Client.WEB, request=request._request)
        except errors.SessionEnded as refusal:
            answer = {"status": 401, "cause": refusal.cause, "generation": None}
        else:
            answer = {"status": 200, "cause": "", **held(bench, run, issued)}
        return {"presented": presented, "verdict": verdict_of(calls), **answer}


class UseView(StepView):
    """An API request with the access token behind the handle; `look`: with the session check."""

    def step(
        self, request: Request, bench: Bench, run: str, given: dict[str, Any]
    ) -> dict[str, Any]:
        token = runs.held(bench, run, "access", given["token"])
        try:
            claims = tokens.verify_access(token)
            if given["look"]:
                revocation.check(claims)
                sessions.confirm(claims.sid, claims.gen)
        except errors.InvalidToken as refusal:
            return {"status": 401, "cause": refusal.cause}
        return {"status": 200, "cause": "", "generation": claims.gen}


class EndView(StepView):
    """Sign-out: the session ends, and with it, through the feed, its access tokens."""

    def step(
        self, request: Request, bench: Bench, run: str, given: dict[str, Any]
    ) -> dict[str, Any]:
        sessions.end(Session.objects.filter(id=session_of(bench, run)), "signed_out")
        return {"status": 204, "cause": ""}


class RowView(StepView):
    """Nothing but the row."""

    def step(
        self, request: Request, bench: Bench, run: str, given: dict[str, Any]
    ) -> dict[str, Any]:
        return {"status": 200, "cause": ""}


def held(bench: Bench, run: str, issued: Issued) -> dict[str, Any]:
    """Handles for a pair, instead of the pair."""
    return {
        "generation": issued.session.generation,
        "refresh": runs.hold(bench, run, "refresh", issued.refresh),
        "access": runs.hold(bench, run, "access", issued.access),
    }


def verdict_of(calls: list[Call]) -> str:
    """What `judge` said last; empty if the token never got to it."""
    said = [call.result for call in calls if call.name == "accounts.judgement.judge"]
    return said[-1].value if said and isinstance(said[-1], Verdict) else ""


def session_of(bench: Bench, run: str) -> str:
    found = bench.held.filter(run=run, kind="session").order_by("-at").first()
    if found is None:
        raise errors.NotFound("this run has no session")
    return found.text


def row(bench: Bench, run: str) -> dict[str, Any]:
    """The session's row as it stands in the table now, without hashes."""
    session = Session.objects.get(id=session_of(bench, run))
    now = clock.database_now()
    return {
        "id": session.id,
        "generation": session.generation,
        "previous_generation": session.previous_generation,
        "rotated_ago": round((now - session.rotated_at).total_seconds(), 1),
        "confirmed": session.confirmed_at is not None,
        "ended": session.ended_at is not None,
        "end_reason": session.end_reason,
    }
