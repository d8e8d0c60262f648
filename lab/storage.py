"""/learn/storage on the lab's host: sign in, with the token delivered to one of five places.

Four of them are how it should not be done, so they are here and not in `accounts`: a token in the
body for a script to keep, and a cookie that script can read. The fifth is `accounts.web.cookies`.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import TemplateView
from rest_framework import serializers
from rest_framework.response import Response

from accounts import errors, sessions
from accounts.conf import override
from accounts.errors import Problem
from accounts.models import Session
from accounts.web import cookies, csrf
from accounts.web.bodies import Worded
from accounts.web.browser import BrowserView
from accounts.web.problems import from_problem
from lab import addresses, bank, benches, jar, policies, runs, tills, views

PLACES = ("local", "session", "memory", "readable", "httponly")
# The refresh cookie of an app that keeps its access token in memory.
MEMORY_REFRESH = "__Host-Http-lab_refresh_for_memory"
SECONDS = 600


class SignInForm(Worded):
    place = serializers.ChoiceField(choices=PLACES)


class SignInView(BrowserView):
    """POST: the bench's person signs in, with a full purse; earlier sessions of hers end."""

    takes = SignInForm

    def post(self, request: HttpRequest, given: dict[str, Any]) -> Response:
        bench = views.required(request)
        person = runs.person(bench)
        bank.refill(bench)
        with override(bank.lasting()):
            sessions.end_all_of(person, "replaced")
            issued = sessions.start(
                person,
                evidence=sessions.BY_PASSWORD,
                client=Session.Client.WEB,
                remember=False,
                request=request,
            )
        place = given["place"]
        in_body = place in ("local", "session", "memory")
        response = Response({"access_token": issued.access} if in_body else {})
        cookies.delete_tokens(response)
        jar.put(response, bank.READABLE, "", 0, path="/")
        jar.put(response, MEMORY_REFRESH, "", 0, **jar.STRICT)
        if place == "memory":
            jar.put(response, MEMORY_REFRESH, issued.refresh, SECONDS, **jar.STRICT)
        elif place == "readable":
            jar.put(response, bank.READABLE, issued.access, SECONDS, path="/")
        elif place == "httponly":
            cookies.set_tokens(response, issued)
        return response


class RefreshView(BrowserView):
    """POST: the usual refresh of an app that keeps its access token in memory: out in the body."""

    def post(self, request: HttpRequest) -> Response:
        token = request.COOKIES.get(MEMORY_REFRESH)
        if token is None:
            raise errors.NoRefreshToken
        with override(bank.lasting()):
            issued = sessions.rotate(token, client=Session.Client.WEB, request=request)
        response = Response({"access_token": issued.access})
        jar.put(response, MEMORY_REFRESH, issued.refresh, SECONDS, **jar.STRICT)
        return response


class EvidenceView(BrowserView):
    """GET ?run=&kind=: what the server saw of a run of this kind, and what money is left."""

    def get(self, request: HttpRequest) -> Response:
        bench = views.required(request)
        run = runs.run_of(request.GET.get("run"))
        kind = request.GET.get("kind", "storage")
        entries = runs.entries(bench, run, kind)
        left = {"tills": tills.left(entries)} if kind == "cross-site" else {}
        return Response({"entries": entries, "balance": bank.balance(bench), **left})


class VictimPage(TemplateView):
    """GET: the victim's tab, under the policy that the switches select."""

    template_name = "lab/storage-victim.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        csrf.ensure_cookie(request)
        response = super().get(request, *args, **kwargs)
        changes: dict[str, str | None] = {}
        if request.GET.get("csp") != "1":
            changes |= {"connect_src": "*", "img_src": "*"}
        if request.GET.get("tt") != "1":
            changes |= {"require_trusted_types_for": None, "trusted_types": None}
        response["Content-Security-Policy"] = policies.victim(**changes)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        bench = benches.find(self.request)
        return super().get_context_data(
            thief=addresses.thief(),
            tag=bench.tag if bench else "",
            run=self.request.GET.get("run", ""),
            page="storage-victim",
            **kwargs,
        )


@csrf_exempt  # it is there to be forged: which cookies come along is all it looks at
def probe(request: HttpRequest) -> HttpResponse:
    """POST from the hostile site: notes which cookies of the lab came, and sends the tab back."""
    try:
        bench, run = runs.victim_of(request)
    except Problem as refusal:
        return from_problem(refusal)
    names = sorted(name for name in request.COOKIES if jar.MARK in name)
    tokens = [n for n in names if n in (bank.READABLE, MEMORY_REFRESH, *cookies.names())]
    site = request.headers.get("Sec-Fetch-Site", "")
    runs.note(bench, run, "storage", what="cross-site", cookies=tokens, site=site)
    return HttpResponseRedirect(
        f"{addresses.thief()}/thief?tag={bench.tag}&run={run}&done=1", status=303
    )
