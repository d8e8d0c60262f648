"""Answers that did not come from our server: what stands between may give any of them."""

import json
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, Route

NO_STORE = {"Cache-Control": "no-store"}
PORTAL = "<!doctype html><title>Welcome to the hotel</title><form>Room number</form>"
# What `route.fulfill` takes.
ANSWERS: dict[str, dict[str, Any]] = {
    "a page": {"status": 200, "content_type": "text/html", "body": PORTAL},
    "a page as created": {"status": 201, "content_type": "text/html", "body": PORTAL},
    "other JSON": {"status": 200, "json": {"status": "login required"}},
    "other JSON as created": {"status": 201, "json": {"id": 7}},
    "a list": {"status": 200, "json": []},
    "null": {"status": 200, "json": None},
    "a page that says it is JSON": {
        "status": 200,
        "content_type": "application/json",
        "body": PORTAL,
    },
    "nothing": {"status": 204},
    "nothing, as 200": {"status": 200, "body": ""},
    "nothing, as 202": {"status": 202, "body": ""},
    "another page": {"status": 302, "headers": {"Location": "/"}},
    "the same elsewhere": {"status": 307, "headers": {"Location": "/healthz"}},
    "unauthorized": {"status": 401, "content_type": "text/html", "body": PORTAL},
    "unauthorized in JSON": {"status": 401, "json": {"code": "session_ended"}},
    "forbidden": {"status": 403, "content_type": "text/html", "body": PORTAL},
    "not found": {"status": 404, "content_type": "text/html", "body": PORTAL},
    "another's problem": {
        "status": 404,
        "content_type": "application/problem+json",
        "body": json.dumps({"title": "No route"}),
    },
}
# Where another test shows that all of them are refused: one of each way of going wrong.
FEW = [ANSWERS[name] for name in ("a page", "other JSON", "nothing", "another page", "not found")]
SAID = "Something between this browser and the server answered in its place"


def answer(page: Page, address: str, method: str, given: dict[str, Any]) -> Callable[[], int]:
    """From now on this is the answer; returns the way to read how often it was given."""
    given = {**given, "headers": {**given.get("headers", {})}}
    if "json" in given:
        given["body"] = json.dumps(given.pop("json"))
        given["content_type"] = "application/json"
    asked: list[str] = []

    def handle(route: Route) -> None:
        if route.request.method != method:
            route.fallback()
            return
        asked.append(route.request.url)
        route.fulfill(**given)

    page.route(address, handle)  # asked before those that were there, so that none slips through
    return lambda: len(asked)
