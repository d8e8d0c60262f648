"""/learn/binding: one jar in two browsers, without and with a key that only one of them has.

The steps of a story are the page's. What comes of each is what the product's own views answered to
a jar that the server keeps (lab.jars): script sees no cookie of either browser.
"""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from django.http import HttpRequest
from rest_framework import serializers
from rest_framework.response import Response

from accounts import sessions
from accounts.binding import companion, dbsc, keys
from accounts.conf import override
from accounts.credentials import challenges
from accounts.credentials.challenges import BadChallengeError
from accounts.models import Session
from accounts.tokens.jws import Malformed
from accounts.tokens.keys import b64
from accounts.web.bodies import Worded
from accounts.web.browser import BrowserView
from lab import jars, profile, runs, views
from lab.jars import Scene, Stage
from lab.models import Bench

DAY = 86_400
LONGEST = 31 * DAY


def as_in_use() -> dict[str, Any]:
    """Return the lab's settings with the usual lives of tokens and of a session that is kept."""
    return {
        **profile.lab(),
        "ACCESS_SECONDS": 300,
        "GRACE_SECONDS": 10,
        "IDLE_SECONDS": 7 * DAY,
        "ABSOLUTE_SECONDS": 30 * DAY,
        "BINDING": True,
    }


class Form(Worded):
    """Which run."""

    run = serializers.CharField(max_length=32)


class StepView(BrowserView, ABC):
    """The base of all steps: form and bench in, what was answered and the session's row out."""

    takes: ClassVar[Any] = Form

    def post(self, request: HttpRequest, given: dict[str, Any]) -> Response:
        bench, run = views.required(request), runs.run_of(given["run"])
        with override(as_in_use()):
            stage = Stage(request, self.scene(bench, run))
            self.step(stage, bench, given)
            stage.scene.save(bench)
            row = Session.objects.get(id=stage.scene.session)
        return Response(
            {
                "now": stage.scene.now,
                "answers": stage.answers,
                "row": {
                    "generation": row.generation,
                    "bound": bool(row.jkt),
                    "end_reason": row.end_reason,
                },
            }
        )

    def scene(self, bench: Bench, run: str) -> Scene:
        return Scene.load(bench, run)

    @abstractmethod
    def step(self, stage: Stage, bench: Bench, given: dict[str, Any]) -> None:
        """Take it."""


class StartForm(Form):
    """`bound`: whether the owner's browser binds the session."""

    bound = serializers.BooleanField()


class StartView(StepView):
    """POST: the owner signs in and perhaps binds the session. The thief copies the jar."""

    takes = StartForm

    def scene(self, bench: Bench, run: str) -> Scene:
        return Scene(run)

    def step(self, stage: Stage, bench: Bench, given: dict[str, Any]) -> None:
        person = runs.person(bench)
        sessions.end_all_of(person, "replaced")
        offered = stage.sign_in(person)
        if given["bound"]:
            stage.bind(offered)
        stage.scene.thief = dict(stage.scene.owner)


class ActForm(Form):
    """`companion`: whether it goes along, if there is one."""

    who = serializers.ChoiceField(("owner", "thief"))
    what = serializers.ChoiceField(tuple(jars.REQUESTS))
    companion = serializers.BooleanField(default=True)


class ActView(StepView):
    """POST: one of the two sends a request."""

    takes = ActForm

    def step(self, stage: Stage, bench: Bench, given: dict[str, Any]) -> None:
        without = "" if given["companion"] else companion.name()
        stage.act(given["who"], given["what"], without=without)


class PassForm(Form):
    """How much time passes."""

    seconds = serializers.IntegerField(min_value=1, max_value=LONGEST)


class PassView(StepView):
    """POST: the clock moves on. Nobody waits."""

    takes = PassForm

    def step(self, stage: Stage, bench: Bench, given: dict[str, Any]) -> None:
        jars.let_pass(stage.scene, given["seconds"])


def purpose(bench: Bench, run: str) -> str:
    """Return what a challenge for the key in the learner's own page is made for."""
    return f"lab key {bench.id} {run}"


class ChallengeView(BrowserView):
    """POST: a challenge for the key in the learner's own page."""

    takes = Form

    def post(self, request: HttpRequest, given: dict[str, Any]) -> Response:
        bench, run = views.required(request), runs.run_of(given["run"])
        return Response({"challenge": b64(challenges.make(purpose(bench, run)))})


class ProofForm(Form):
    """A proof, by the key that the first one of this run brought along."""

    proof = serializers.CharField(max_length=2000)


class ProofView(BrowserView):
    """POST: does the key of this run sign here? The first proof says which key that is."""

    takes = ProofForm

    def post(self, request: HttpRequest, given: dict[str, Any]) -> Response:
        bench, run = views.required(request), runs.run_of(given["run"])
        kept = bench.state.get("key", {})
        known = kept["jkt"] if kept.get("run") == run else ""
        try:
            jkt = check_proof(given["proof"], purpose(bench, run), known)
        except (Malformed, BadChallengeError) as error:
            return Response({"status": 403, "cause": str(error), "jkt": ""})
        bench.state = {**bench.state, "key": {"run": run, "jkt": jkt}}
        bench.save(update_fields=["state"])
        return Response({"status": 200, "cause": "", "jkt": jkt})


def check_proof(text: str, purpose: str, known: str) -> str:
    """Return the thumbprint of the key that signed, which has to be the known one if there is one.

    Raise Malformed or BadChallengeError.
    """
    proof = keys.read_proof(text, dbsc.TYP)
    key, jkt = keys.read_key(proof.header.get("jwk"))
    claims = keys.verify(proof, key)
    if known and jkt != known:
        raise Malformed("signed by another key than this session is bound to")
    dbsc.use_challenge(purpose, claims.get("jti"))
    return jkt
