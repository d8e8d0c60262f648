"""Decide who may ask anything in a class: whoever has joined, and the teacher."""

import ipaddress
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase

from accounts.web.problems import problem
from lab import addresses, outgoing
from lab.classroom import rooms

# What a stranger may ask: the way in, and what its pages ask by themselves.
OPEN = ("/class", "/ready", "/auth/session", "/csp-reports")
# What attackers forge, across sites and so without this cookie: a secret tag names the victim.
FORGED = ("/bank/transfer", "/bank/storage/probe")
# The thief's server and the forger's come with a token, and without any cookie of a browser.
BY_TOKEN = ("/api/me", "/bank/account")


class Classroom:
    """Let pupils and the teacher in, and count each pupil as one caller in every budget.

    It stands after project.hosts.HostKinds and before the lab's own middleware.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not is_near(request.client_address):  # type: ignore[attr-defined]
            return problem(403, "insufficient_scope", "A class answers on its own network only.")
        # An attackers' page knows of its victim what its address says. No cookie tells it more.
        if request.host_kind == "hostile":  # type: ignore[attr-defined]
            return self.get_response(request)
        pupil = rooms.pupil_of(request)
        if pupil is None and not may_pass(request):
            return refusal(request)
        if pupil is not None:
            request.client_network = f"pupil {pupil.id}"  # type: ignore[attr-defined]
            request.mail_domain = pupil.mail_domain  # type: ignore[attr-defined]
        response = self.get_response(request)
        page = response.headers.get("Content-Type", "").startswith("text/html")
        if pupil is not None and page and rooms.PUPIL not in response.cookies:
            rooms.remember(response, rooms.PUPIL, pupil.id)  # for an hour from each page
        return response


def is_near(address: str) -> bool:
    """Return whether the address is one of a private network."""
    try:
        return ipaddress.ip_address(address).is_private
    except ValueError:
        return False


def may_pass(request: HttpRequest) -> bool:
    """Return whether somebody who is no pupil may ask this."""
    path = request.path
    if path.startswith("/class/") or path in (*OPEN, *FORGED):
        return True
    if path in BY_TOKEN and "Authorization" in request.headers:
        return True
    if outgoing.is_ours(request):
        return True
    return rooms.is_teacher(request)


def refusal(request: HttpRequest) -> HttpResponseBase:
    """Lead people to the page where one joins, and refuse everything else."""
    door = f"{addresses.app()}/class"
    if request.method == "GET" and "text/html" in request.headers.get("Accept", ""):
        return HttpResponseRedirect(door, status=303)
    return problem(403, "insufficient_scope", f"Join the class first, at {door}.")
