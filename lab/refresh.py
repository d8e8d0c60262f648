"""/learn/refresh: `accounts.sessions` step by step, on a session of the bench's own person.

Script steers and never holds a token: it names one by its handle. So one page can play owner,
thief and two tabs, and every answer is what the real functions made of a real row.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.views.generic import TemplateView
from rest_framework import serializers
from rest_framework.response import Response

from accounts import errors, sessions, tokens
from accounts.conf import override
from accounts.models import Session
from accounts.sessions import revocation
from accounts.signals import KINDS
from accounts.tokens.claims import Issued
from accounts.web.bodies import Worded
from accounts.web.browser import BrowserView
from lab import profile, recorder, refresh_row, runs, views
from lab.instrument import Call, watch
from lab.models import Bench

# Short enough to wait for; what they mean for the algorithm is the same.
WINDOW_SECONDS = 2


def with_window(window: bool) -> dict[str, Any]:
    """The lab's settings with a short window, or with none at all."""
    grace = WINDOW_SECONDS if window else 0
    return {**profile.lab(), "ACCESS_SECONDS": 300, "GRACE_SECONDS": grace}


class Form(Worded):
    """`token` is a handle. `window`: whether repeated refreshes are answered for a while."""

    run = serializers.CharField(max_length=32)
    token = serializers.CharField(max_length=32, default="")
    window = serializers.BooleanField(default=True)
    look = serializers.BooleanField(default=True)


@dataclass(frozen=True)
class At:
    """Where a step is taken, and with what."""

    request: HttpRequest
    bench: Bench
    run: str
    given: dict[str, Any]

    def token(self, kind: str) -> str:
        return runs.held(self.bench, self.run, kind, self.given["token"])

    def hand_out(self, issued: Issued) -> dict[str, Any]:
        """Handles for a pair, instead of the pair."""
        return {
            "generation": issued.session.generation,
            "refresh": runs.hold(self.bench, self.run, "refresh", issued.refresh),
            "access": runs.hold(self.bench, self.run, "access", issued.access),
        }


class StepView(BrowserView, ABC):
    """The base of all steps: form and bench in, what happened, the session's row and events out."""

    takes = Form

    def post(self, request: HttpRequest, given: dict[str, Any]) -> Response:
        bench, run = views.required(request), runs.run_of(given["run"])
        with override(with_window(given["window"])), recorder.events() as written:
            found = self.step(At(request, bench, run, given))
            said = [{"kind": one["kind"], "text": KINDS[one["kind"]]} for one in written]
            return Response({**found, "row": refresh_row.row(bench, run), "events": said})

    @abstractmethod
    def step(self, at: At) -> dict[str, Any]:
        """Take it; what happened goes into the answer."""


class StartView(StepView):
    """A new session: its first pair of tokens, by handle."""

    def step(self, at: At) -> dict[str, Any]:
        person = runs.person(at.bench)
        sessions.end_all_of(person, "replaced")
        issued = sessions.start(
            person,
            evidence=sessions.BY_PASSWORD,
            client=Session.Client.WEB,
            remember=False,
            request=at.request,
        )
        runs.hold(at.bench, at.run, "session", issued.session.id)
        return {"status": 200, "cause": "", **at.hand_out(issued)}


class TurnView(StepView):
    """`sessions.rotate` with the refresh token behind the handle."""

    def step(self, at: At) -> dict[str, Any]:
        token = at.token("refresh")
        calls: list[Call] = []
        presented = tokens.verify_refresh(token).gen
        try:
            with watch(calls.append):
                issued = sessions.rotate(token, client=Session.Client.WEB, request=at.request)
        except errors.SessionEnded as refusal:
            answer = {"status": 401, "cause": refusal.cause, "generation": None}
        else:
            answer = {"status": 200, "cause": "", **at.hand_out(issued)}
        return {"presented": presented, "verdict": refresh_row.verdict_of(calls), **answer}


class UseView(StepView):
    """An API request with the access token behind the handle; `look`: with the session check."""

    def step(self, at: At) -> dict[str, Any]:
        token = at.token("access")
        try:
            claims = tokens.verify_access(token)
            if at.given["look"]:
                revocation.check(claims)
                sessions.confirm(claims.sid, claims.gen)
        except errors.InvalidToken as refusal:
            return {"status": 401, "cause": refusal.cause}
        return {"status": 200, "cause": "", "generation": claims.gen}


class EndView(StepView):
    """Sign-out: the session ends, and with it, through the feed, its access tokens."""

    def step(self, at: At) -> dict[str, Any]:
        sessions.end(
            Session.objects.filter(id=refresh_row.session_of(at.bench, at.run)), "signed_out"
        )
        return {"status": 204, "cause": ""}


class TabPage(TemplateView):
    """GET: the second tab of the two that wake at once."""

    template_name = "lab/refresh-tab.html"
