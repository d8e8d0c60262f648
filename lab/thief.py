"""The attacker's server on the hostile hosts: a loot sink, and a page that uses the loot.

It keeps tokens of the lab and nothing else: whatever does not verify under the lab's keys is
dropped unread. What it shows of them is never enough to use them.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View as DjangoView
from django.views.decorators.csrf import csrf_exempt
from rest_framework.response import Response

from accounts.errors import Problem
from accounts.web import base
from accounts.web.problems import from_problem
from lab import addresses, outgoing, policies, redaction, runs

WAYS = ("fetch", "beacon", "image", "navigation")
LONGEST = 4096


def policy() -> str:
    """The hostile pages' own: they may send forms to, frame and load from the lab's host."""
    lab = addresses.lab()
    hostile = " ".join(addresses.hostile())
    return policies.victim(
        connect_src=f"'self' {lab} ws{lab.removeprefix('http')}",
        img_src=f"'self' data: {lab}",
        form_action=f"'self' {lab} {hostile}",
        frame_src=lab,
    )


def hostile_page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    response = render(request, template, {**context, "lab_origin": addresses.lab()})
    response["Content-Security-Policy"] = policy()
    # An attacker protects nothing, least of all from being talked to.
    response["Cross-Origin-Embedder-Policy"] = "unsafe-none"
    # Lax enough for forms to carry their Origin, as most sites' do; it never carries an address.
    response["Referrer-Policy"] = "strict-origin-when-cross-origin"
    return response


@method_decorator(csrf_exempt, name="dispatch")
class LootView(DjangoView):
    """GET or POST: a token arrives, in the body or in the address."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.take(request, request.GET.get("t", ""))

    def post(self, request: HttpRequest) -> HttpResponse:
        if int(request.META.get("CONTENT_LENGTH") or 0) > LONGEST:
            return HttpResponse(status=413)
        return self.take(request, request.body.decode("ascii", "replace"))

    def take(self, request: HttpRequest, text: str) -> HttpResponse:
        try:
            bench, run = runs.victim_of(request)
        except Problem as refusal:
            return from_problem(refusal)
        via = request.GET.get("via", "")
        if via not in WAYS or not runs.is_lab_token(text):
            return HttpResponse(status=204)
        known = text in runs.loot(bench, run)
        if not known:
            runs.hold(bench, run, "loot", text)
        runs.note(bench, run, "storage", what="loot", via=via, token=redaction.token(text))
        if request.headers.get("Sec-Fetch-Dest") == "document":
            return hostile_page(request, "lab/hostile/caught.html", {"page": "caught"})
        # Lets a page under COEP load it, so that the attack looks as harmless as any picture.
        return HttpResponse(status=204, headers={"Cross-Origin-Resource-Policy": "cross-origin"})


class ThiefPage(DjangoView):
    """GET: what this thief has of that victim, and what the bank said to it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        try:
            bench, run = runs.victim_of(request)
        except Problem as refusal:
            return from_problem(refusal)
        loot = [redaction.token(text) for text in runs.loot(bench, run)]
        used = [one for one in runs.entries(bench, run, "storage") if one["what"] == "used"]
        return hostile_page(
            request,
            "lab/hostile/thief.html",
            {
                "loot": loot,
                "answers": used[-1]["answers"] if used else [],
                "tag": bench.tag,
                "run": run,
                "page": "thief",
            },
        )


class UseView(base.Endpoint):
    """POST: this server presents the loot to the lab's API, from here, without any browser."""

    authentication_classes = ()
    permission_classes = ()

    def post(self, request: HttpRequest) -> Response:
        bench, run = runs.victim_of(request)
        found = []
        for text in runs.loot(bench, run)[-3:]:
            answer = outgoing.send(request, "lab", "POST", "/bank/account", bearer=text)
            seen = {"status": answer.status, "balance": answer.body.get("balance")}
            found.append(seen)
        runs.note(bench, run, "storage", what="used", answers=found)
        return Response({"answers": found})
