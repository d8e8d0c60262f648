"""/api/docs: the API's description to read and to try, in demo mode alone.

Swagger UI comes from a package and is served from here, under the app's own policy but for
Trusted Types: it turns text into markup itself.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse

from project.pages import Page
from project.staff import ADMIN_POLICY


class DocsPage(Page):
    """What is tried here is sent as the signed-in person, with cookie and CSRF token."""

    page = "docs"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().get(request, *args, **kwargs)
        response.headers["Content-Security-Policy"] = ADMIN_POLICY
        return response
