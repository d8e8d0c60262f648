"""Make docs/reference/endpoints.md from the OpenAPI description that GET /api/schema serves.

Added is what OpenAPI has no place for: which endpoints want a step-up, and which scope.
"""

import re
from collections.abc import Iterator
from typing import Any, cast

from django.urls import resolve
from drf_spectacular.generators import SchemaGenerator

from accounts.web.permissions import RecentlyAuthenticated
from tools.markdown import code, page, table

METHODS = ("get", "post", "put", "patch", "delete")
# What any endpoint may answer, said once above the tables.
SHARED = {"400", "413", "415", "503"}
PARTS = (
    ("For pages", r"/auth/(?!token)", {"no token", "refresh token"}),
    ("For signed-in callers", r"/auth/", {"access token"}),
    ("For programs", r"/auth/token", {"no token"}),
    ("The API", r"/api/", {"access token"}),
    ("For anyone", r"/(?!auth|api)", {"no token"}),
)
INTRODUCTION = (
    "JSON in and out, no trailing slashes; a body's `?` marks what may be left out. Every failure "
    "is one of [these](errors.md). Beside those listed, any endpoint may answer 400, 413 or 415 to "
    "what it cannot read, 405 to another method, 429 to a network that sends too many bad tokens, "
    "and 503 when something it depends on cannot be asked.",
    "*Access token*: the cookie that sign-in set, or `Authorization: Bearer`. *CSRF*: with a "
    "cookie, the request must come from a page of ours "
    "([how](../explanation/cookies.md#why-strict-is-not-enough)); with Bearer it need not. "
    "*Step-up*: the password was entered within the last five minutes.",
    "In demo mode `GET /api/schema` is all of this for programs, as OpenAPI 3.1.",
)


def endpoints() -> str:
    document = cast(Any, SchemaGenerator)().get_schema(public=True)
    rest = list(operations(document))
    parts = list(INTRODUCTION)
    for title, pattern, wanted in PARTS:
        rows = [o for o in rest if re.match(pattern, o["path"]) and o["credential"] in wanted]
        rest = [operation for operation in rest if operation not in rows]
        heads = ("endpoint", "needs", "what it does", "body", "answers")
        parts += [f"## {title}", table(heads, map(row, rows))]
    if rest:
        raise LookupError(f"no part of the page is for {rest}")
    return page("Endpoints", "the OpenAPI description", *parts)


def operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every operation, with what the rows of the page are made of."""
    for path, methods in document["paths"].items():
        for method in (name for name in METHODS if name in methods):
            found, view = methods[method], view_of(path, method)
            schemes = [scheme for way in found.get("security", []) for scheme in way]
            yield found | {
                "path": path,
                "method": method.upper(),
                "credential": credential(schemes),
                "needs": ", ".join(needs(schemes, view, method)),
                "body": fields(document, found.get("requestBody", {}), "readOnly"),
                "gives": fields(document, found["responses"][min(found["responses"])], "writeOnly"),
            }


def view_of(path: str, method: str) -> Any:
    """Return the view behind a path, as it would judge a request of this method."""
    view = cast(Any, resolve(re.sub(r"{\w+}", "x", path)).func).view_class()
    view.request = type("Asked", (), {"method": method.upper()})
    return view


def credential(schemes: list[str]) -> str:
    if "accessCookie" in schemes:
        return "access token"
    return "refresh token" if "refreshCookie" in schemes else "no token"


def needs(schemes: list[str], view: Any, method: str) -> Iterator[str]:
    if credential(schemes) != "no token":
        yield credential(schemes)
    if "csrfToken" in schemes:
        yield "CSRF"
    if any(isinstance(one, RecentlyAuthenticated) for one in view.get_permissions()):
        yield "step-up"
    scopes = getattr(view, "scopes", {})
    if scopes:
        yield code(scopes.get(method.upper(), scopes["*"]))


def fields(document: dict[str, Any], part: dict[str, Any], without: str) -> str:
    """Return the names in a body, `without` those of one direction.

    A `?` stands behind what may be left out.
    """
    media: list[Any] = list(part.get("content", {}).values())
    schema = media[0].get("schema", {}) if media else {}
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    found = schema.get("properties", {})
    wanted = schema.get("required", [])
    names = (
        name if name in wanted else f"{name}?" for name in found if not found[name].get(without)
    )
    return ", ".join(map(code, names))


def row(operation: dict[str, Any]) -> list[str]:
    statuses = sorted(set(operation["responses"]) - SHARED)
    given = f"{statuses[0]} {operation['gives']}".strip()
    text = operation.get("description", "")
    # Descriptions begin with the endpoint's own address, which has a column here.
    text = re.sub(r"^[A-Z, and]+ /\S+: ", "", text.partition("\n\n")[0])
    return [
        code(f"{operation['method']} {operation['path']}"),
        operation["needs"],
        text[:1].upper() + text[1:],
        operation["body"],
        "; ".join([given, " ".join(statuses[1:])]).removesuffix("; "),
    ]
