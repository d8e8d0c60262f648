"""Serve the page shells, and failures outside the API.

A page is the same for everyone: all personal data comes through the API, so that a page never
depends on a cookie which a link from another site would not have brought (SameSite=Strict).
In the demo alone it says when another copy on this computer has taken the place of our cookies.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.generic import TemplateView

from accounts import VERSION, errors, tokens
from accounts.signals import KINDS
from accounts.web import cookies, csrf, problems


class Page(TemplateView):
    """Serve one shell. `page` is the name of its template and of its script."""

    page = ""
    http_method_names = ("get", "head")

    def get_template_names(self) -> list[str]:
        return [f"pages/{self.page}.html"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        csrf.ensure_cookie(request)
        return super().get(request, *args, **kwargs)

    def http_method_not_allowed(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        response = failure(request, 405)
        response.headers["Allow"] = "GET, HEAD"
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            page=self.page,
            event_kinds=KINDS.items(),
            demo_people=settings.DEMO_PEOPLE,
            another_copy=settings.DEMO and has_anothers_cookies(self.request),
            **shared_context(),
            **kwargs,
        )


def has_anothers_cookies(request: HttpRequest) -> bool:
    """Return whether another copy on this computer has put its tokens in the place of ours."""
    return any(map(tokens.is_anothers, cookies.sent(request).values()))


def shared_context() -> dict[str, Any]:
    """Return what every page may say."""
    ours = settings.GATEHOUSE
    return {
        "mode": settings.MODE,
        "grace_seconds": ours["GRACE_SECONDS"],
        "version": VERSION,
        "identity_provider": ours["OIDC_ISSUER"] and ours["OIDC_NAME"],
    }


# One text for each code, whoever answers with it.
FAILURES = {
    kind.status_code: (kind.code, kind.detail_text)
    for kind in (
        errors.InvalidRequest,
        errors.InsufficientScope,
        errors.NotFound,
        errors.MethodNotAllowed,
        errors.TooLarge,
        errors.Unavailable,
    )
} | {500: ("server_error", "Something went wrong on our side. It has been logged.")}

# Below these paths programs ask, elsewhere people.
API_PATHS = ("/api/", "/auth/", "/.well-known/", "/healthz", "/readyz")


def failure(request: HttpRequest, status: int, told: tuple[str, str] | None = None) -> HttpResponse:
    """Return a failure in the caller's form: problem+json for programs, a page for people."""
    code, detail = told or FAILURES[status]
    if request.path.startswith(API_PATHS):
        return problems.problem(status, code, detail)
    context = {**shared_context(), "page": "error", "status": status, "detail": detail}
    return render(request, f"errors/{status}.html", context, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return failure(request, 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return failure(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return failure(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    return failure(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return failure(request, 403, (errors.CsrfFailed.code, errors.CsrfFailed.detail_text))
