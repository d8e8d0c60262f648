"""Show the way to the app on a host that is not the app's."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern

from accounts.web.problems import problem
from project.hosts import app_origin
from project.pages import API_PATHS

urlpatterns: list[URLPattern] = []


def not_here(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return a 404 that names the same path at the app's address, and links it for people."""
    address = f"{app_origin()}{request.path}"
    if request.path.startswith(API_PATHS):
        return problem(404, "not_found", f"This host does not serve the app. It is at {address}.")
    found = {"address": address, "host": request.get_host()}
    return render(request, "errors/elsewhere.html", found, status=404)


handler400 = "project.pages.bad_request"
handler403 = "project.pages.permission_denied"
handler404 = "project.elsewhere.not_here"
handler500 = "project.pages.server_error"
