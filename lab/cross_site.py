"""/learn/cross-site: the forged requests as they arrive, and the page whence they come."""

import re
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views import View as DjangoView
from django.views.decorators.csrf import csrf_exempt
from rest_framework.response import Response

from accounts.errors import Problem
from accounts.web.browser import BrowserView
from accounts.web.problems import from_problem
from lab import addresses, runs, tills, views
from lab.thief import hostile_page

VIA = ("own", "form", "simple", "json", "image", "iframe", "link", "socket")
TODO = re.compile(r"[a-z,]{0,60}", re.ASCII)
SHOWN = ("Origin", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest", "Content-Type")


class StartView(BrowserView):
    """POST {"run"}: signs this browser in at the seven tills."""

    def post(self, request: HttpRequest) -> Response:
        bench = views.required(request)
        given: Any = self.request.data
        run = runs.run_of(given.get("run"))
        response = Response({"tag": bench.tag})
        tills.sign_in(response, f"{bench.tag}:{run}")
        return response


@csrf_exempt  # each till has a defence of its own, and seeing it fail is the lesson
def transfer(request: HttpRequest) -> HttpResponse:
    """Any method: notes what came with the request and which tills opened."""
    try:
        bench, run = runs.victim_of(request)
    except Problem as refusal:
        return from_problem(refusal)
    via, whence = request.GET.get("via", ""), request.GET.get("from", "")
    if via not in VIA or whence not in ("own", *addresses.attackers()):
        return HttpResponse(status=400)
    came = tills.arrived(request, f"{bench.tag}:{run}")
    seen: dict[str, Any] = {
        "via": via,
        "from": whence,
        "method": request.method,
        "cookies": came,
        "headers": {name: request.headers[name] for name in SHOWN if name in request.headers},
    }
    if request.method == "OPTIONS":
        # No CORS header in the answer: the browser will not send what it asked about.
        runs.note(bench, run, "cross-site", **seen, tills={})
        return HttpResponse(status=204)
    if via == "socket":
        # The handshake is the lesson. No socket is opened (RFC 6455 section 4.2.2).
        runs.note(bench, run, "cross-site", **seen, tills={})
        return HttpResponse(status=403)
    runs.note(bench, run, "cross-site", **seen, tills=tills.verdicts(request, came))
    if request.headers.get("Sec-Fetch-Dest") == "document":
        todo = request.GET.get("todo", "")
        back = addresses.attackers().get(whence, "")
        query = f"tag={bench.tag}&run={run}&from={whence}"
        query += f"&todo={todo if TODO.fullmatch(todo) else ''}"
        return HttpResponseRedirect(f"{back}/cross-site?{query}", status=303)
    return HttpResponse(status=204)


class AttackerPage(DjangoView):
    """GET on a hostile host: six ways to send a request to the lab's host, and a WebSocket."""

    def get(self, request: HttpRequest) -> HttpResponse:
        try:
            bench, run = runs.victim_of(request)
        except Problem as refusal:
            return from_problem(refusal)
        whence = request.GET.get("from", "")
        if whence not in addresses.attackers():
            return HttpResponse(status=400)
        return hostile_page(
            request,
            "lab/hostile/cross-site.html",
            {"tag": bench.tag, "run": run, "whence": whence, "page": "attacker"},
        )
