"""Three kinds of host, never mixed: the app's, the lab's victim site, its attackers' sites.

`localhost` and `127.0.0.1` are different sites to a browser, so a page on one can attack the other
for real. That is what the lab is for, and why neither may ever serve the app.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port
from django.http.response import HttpResponseBase
from django.urls import NoReverseMatch, reverse

from project.pages import shared_context


class HostKinds:
    """Routes by kind of host: `request.host_kind` is app, lab or hostile."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        kind = kind_of(split_domain_port(request.get_host())[0])
        request.host_kind = kind  # type: ignore[attr-defined]
        if kind != "app":
            request.urlconf = settings.OTHER_URLCONFS[kind]
        return self.get_response(request)


def kind_of(host: str) -> str:
    """ALLOWED_HOSTS has refused every host that is none of the three."""
    if host in settings.LAB_HOSTS:
        return "lab"
    if host in settings.HOSTILE_HOSTS:
        return "hostile"
    return "app"


def app_origin() -> str:
    """The app's address; never taken from a request."""
    return str(settings.GATEHOUSE["ISSUER"])


def context(request: HttpRequest) -> dict[str, Any]:
    """For every template: what all pages say, and the way to the lab where there is one."""
    try:
        learn_url = reverse("learn", urlconf=settings.ROOT_URLCONF)
    except NoReverseMatch:
        learn_url = ""
    return {**shared_context(), "app_origin": app_origin(), "learn_url": learn_url}
