"""Tell three kinds of host apart: the app's, the lab's victim site, its attackers' sites.

`localhost` and `127.0.0.1` are different sites to a browser, so a page on one can attack the other
for real. That is what the lab is for, and why neither may ever serve the app.
"""

import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.http.request import split_domain_port
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.urls import NoReverseMatch, reverse

from accounts.bounded_cache import BoundedMemory
from accounts.web.views import public
from project.pages import failure, shared_context

log = logging.getLogger("project")

# A balancer or kubelet asks by an address of its own choice, inside, over plain http.
PROBES = {"/healthz": public.HealthView.as_view(), "/readyz": public.ReadyView.as_view()}


class HostKinds:
    """Route by kind of host: `request.host_kind` is app, lab or hostile.

    The two probes are answered here, whatever the host. For anything else a host that is none of
    the three is refused with one line of the log: Django's own has a traceback for each.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        # By the Host header as sent, for those that Django has allowed.
        self.known: BoundedMemory[str, str] = BoundedMemory(256)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info in PROBES:
            answer: HttpResponseBase = PROBES[request.path_info](request)
            if isinstance(answer, SimpleTemplateResponse):
                answer.render()  # as Django's own dispatch does
            return answer
        sent = request.META.get("HTTP_HOST", "")
        kind = self.known.get(sent)
        if kind is None:
            try:
                kind = kind_of(request.get_host())
            except DisallowedHost:
                log.warning("refused a host that is not of GATEHOUSE_HOSTS: %r", sent[:100])
                return failure(request, 400)
            if sent:  # otherwise it is the server's own name
                self.known.put(sent, kind)
        request.host_kind = kind  # type: ignore[attr-defined]
        if kind != "app":
            request.urlconf = settings.OTHER_URLCONFS[kind]
        return self.get_response(request)


def kind_of(host: str) -> str:
    """Return the kind of a host that ALLOWED_HOSTS lets in.

    Settings may name a host with its port. Raise DisallowedHost for another port of that host.
    """
    host = host.lower()
    name = split_domain_port(host)[0]
    kinds = {
        "lab": settings.LAB_HOSTS,
        "hostile": settings.HOSTILE_HOSTS,
        "app": settings.APP_HOSTS,
    }
    for kind, hosts in kinds.items():
        if name in hosts or host in hosts:
            return kind
    if any(one.startswith(f"{name}:") for hosts in kinds.values() for one in hosts):
        raise DisallowedHost(f"{host} is none of the ports of {name}")
    return "app"  # a pattern, such as .example.org


def app_origin() -> str:
    """Return the app's address, which is never taken from a request."""
    return str(settings.GATEHOUSE["ISSUER"])


def context(request: HttpRequest) -> dict[str, Any]:
    """Return what all pages say, and the way to the lab where there is one: for every template."""
    try:
        learn_url = reverse("learn", urlconf=settings.ROOT_URLCONF)
    except NoReverseMatch:
        learn_url = ""
    return {**shared_context(), "app_origin": app_origin(), "learn_url": learn_url}
