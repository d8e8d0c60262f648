"""The lab's part in every request: its settings on lab hosts, and the recorder for whoever asked.

A request without a bench cookie costs one look into a dictionary.
"""

from collections.abc import Callable
from contextlib import nullcontext

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts import conf
from accounts.errors import Throttled
from accounts.web import problems
from lab import benches, profile, recorder

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class Lab:
    """Set between project.hosts.HostKinds and whatever reads token cookies."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        kind = request.host_kind  # type: ignore[attr-defined]
        if kind == "app":
            return self.watched(request)
        with conf.override(profile.lab()) if kind == "lab" else nullcontext():
            if request.method not in SAFE_METHODS:
                try:
                    benches.spend_request(request)
                except Throttled as refusal:
                    return problems.from_problem(refusal)
            return self.watched(request)

    def watched(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, and record it for whoever asked to watch."""
        bench = benches.find(request) if recorder.interested(request) else None
        if bench is None:
            return self.get_response(request)
        return recorder.record(bench, request, self.get_response)
