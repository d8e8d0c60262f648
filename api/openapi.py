"""Describe both servers in OpenAPI 3.1: failures and credentials of each operation.

drf-spectacular finds paths, bodies and parameters. Here is added what the whole wire contract
shares: the failures of each endpoint, all in one shape, and how a caller proves who it is.
Leaves out: the learning lab, the pages and the administration.
"""

import json
from collections.abc import Iterator
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from rest_framework.permissions import SAFE_METHODS

from accounts import errors
from accounts.errors import Problem
from accounts.web import bodies, problems
from accounts.web.base import Endpoint, ProtectedView
from accounts.web.permissions import RecentlyAuthenticated, ScopedAccess
from api import examples, operations

# The one operation that the refresh cookie authenticates.
REFRESH = "/auth/refresh"

DESCRIBED = ("/api/", "/auth/", "/.well-known/", "/healthz", "/readyz")

# Status, name of the component, codes that a client can tell apart.
FAILURES = {
    400: (
        "BadRequest",
        "`invalid_request`, `validation_failed`, `two_credentials`, `invalid_dpop_proof` or "
        "`use_dpop_nonce`",
    ),
    401: (
        "Unauthorized",
        "`not_authenticated`, `invalid_token`, `invalid_dpop_proof`, `use_dpop_nonce`, "
        "`invalid_credentials`, `factor_locked`, "
        "`second_factor_required`, `insufficient_user_authentication`, `no_refresh_token` or "
        "`session_ended`",
    ),
    403: (
        "Forbidden",
        "`csrf_failed`, `insufficient_scope`, `reauthentication_required`, `enrolment_required`, "
        "`device_proof_required` or `browser_must_use_cookies`",
    ),
    404: ("NotFound", "`not_found`"),
    413: ("TooLarge", "`too_large`"),
    415: ("UnsupportedMediaType", "`unsupported_media_type`"),
    429: ("Throttled", "`throttled`"),
    503: ("Unavailable", "`unavailable`"),
}
# Those that every such answer has, and the one that comes with `use_dpop_nonce`.
NONCE = "DPoP-Nonce"
HEADERS = {
    400: (NONCE,),
    401: ("WWW-Authenticate", NONCE),
    429: ("Retry-After",),
    503: ("Retry-After",),
}

# What programs may send where they ask for tokens (RFC 9449 section 5).
PROOF = {
    "name": "DPoP",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "A proof of the program's key. The new session is bound to it, and its refresh "
    "demands one.",
}
MAY_PROVE = ("/auth/token", "/auth/token/refresh")

REDIRECT = {
    "description": "To the provider, or to a page of ours.",
    "headers": {"Location": {"schema": {"type": "string", "format": "uri-reference"}}},
}

PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `errors` names the fields of a `validation_failed`, `methods` what "
    "would complete a sign-in that is refused with `second_factor_required`, "
    "`unknown_credential` that nobody has this passkey.",
    "properties": {
        "type": {"type": "string", "const": "about:blank"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
        "methods": {
            "type": "array",
            "items": {"type": "string", "enum": ["passkey", "totp", "recovery"]},
        },
        "unknown_credential": {"type": "boolean"},
    },
    "required": ["type", "title", "status", "detail", "code"],
    "additionalProperties": False,
}
SECURITY_SCHEMES = {
    "accessCookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-Http-access_token",
        "description": "Set by POST /auth/login. Not beside a Bearer token.",
    },
    "refreshCookie": {"type": "apiKey", "in": "cookie", "name": "__Host-Http-refresh_token"},
    "csrfToken": {
        "type": "apiKey",
        "in": "header",
        "name": "X-CSRFToken",
        "description": "The value of the `__Host-csrftoken` cookie, which GET /auth/session sets; "
        "with our own `Origin`.",
    },
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "An access token of POST /auth/token, or, where a scope is asked for, a "
        "personal access token.",
    },
    "dpop": {
        "type": "http",
        "scheme": "dpop",
        "description": "An access token that is bound to a key (RFC 9449), with a proof.",
    },
    "dpopProof": {
        "type": "apiKey",
        "in": "header",
        "name": "DPoP",
        "description": "A JWT by the key for this very request.",
    },
}


class ContractSchema(AutoSchema):
    """Describe one operation, with the failures and credentials that its view's base implies."""

    view: Any

    def is_excluded(self) -> bool:
        return not self.path.startswith(DESCRIBED)

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation = super().get_operation(*args, **kwargs)
        if operation is not None:
            for status in sorted(self.failures()):
                name = FAILURES[status][0]
                operation["responses"][str(status)] = {"$ref": f"#/components/responses/{name}"}
            if "302" in operation["responses"]:
                operation["responses"]["302"] = REDIRECT
            if self.path in MAY_PROVE:
                operation.setdefault("parameters", []).append(PROOF)
            # Said in any case, since silence would mean the same as a slip.
            operation.setdefault("security", [])
            operations.add(operation, f"{self.method} {self.path}")
            examples.add(operation, f"{self.method} {self.path}")
        return operation

    def get_request_serializer(self) -> Any:
        """Return what the operation takes: an endpoint says it on its class."""
        if isinstance(self.view, Endpoint):
            return self.view.body_of(self.method)
        return super().get_request_serializer()

    def get_response_serializers(self) -> Any:
        """Return what the operation answers, by status where there is no body."""
        if not isinstance(self.view, Endpoint):
            return super().get_response_serializers()
        answer = self.view.answer_of(self.method)
        if isinstance(answer, int):
            return {answer: None}
        return {self.view.status_of(self.method): OpenApiTypes.OBJECT if answer is dict else answer}

    def get_override_parameters(self) -> Any:
        """Return the parameters of GET that an endpoint names."""
        query = self.view.query if isinstance(self.view, Endpoint) else None
        return [query] if query and self.method == "GET" else super().get_override_parameters()

    def _get_pagination_parameters(self) -> Any:
        """Say of `?page=` what `accounts.web.base.Pages` takes."""
        schema = {"type": "integer", "minimum": 1}
        found = super()._get_pagination_parameters()  # type: ignore[no-untyped-call]  # it has no types
        return [{**page, "schema": schema} for page in found]

    def get_auth(self) -> list[dict[str, list[str]]]:
        if self.path == REFRESH:
            return [{"refreshCookie": [], "csrfToken": []}]
        csrf: dict[str, list[str]] = {} if self.method in SAFE_METHODS else {"csrfToken": []}
        if isinstance(self.view, ProtectedView):
            by_cookie: dict[str, list[str]] = {"accessCookie": [], **csrf}
            by_header: list[dict[str, list[str]]] = [{"bearer": []}, {"dpop": [], "dpopProof": []}]
            return [by_cookie] if self.view.for_browsers else [by_cookie, *by_header]
        return [csrf] if csrf and self.view.for_browsers else []

    def failures(self) -> set[int]:
        """Return the contract's statuses of failures that this operation may answer with."""
        found = {400, 503, *self.view.refuses}
        protected, unsafe = isinstance(self.view, ProtectedView), self.method not in SAFE_METHODS
        if protected:
            found |= {401, 403, 429}  # 403: somebody who must set up a second factor first
        if unsafe:
            found |= {413, 415}
        if unsafe and (protected or self.view.for_browsers):
            found.add(403)
        granted = (ScopedAccess, RecentlyAuthenticated)
        if any(isinstance(permission, granted) for permission in self.view.get_permissions()):
            found.add(403)
        if "{" in self.path or (not unsafe and getattr(self.view, "pagination_class", None)):
            found.add(404)  # no such thing, or no such page
        return found


def kinds(above: type[Problem] = Problem) -> Iterator[type[Problem]]:
    """Yield every kind of problem of `accounts` below this one, each before those below it."""
    for kind in above.__subclasses__():
        if kind.__module__ == errors.__name__:
            yield kind
            yield from kinds(kind)


def failures(status: int, codes: str) -> dict[str, dict[str, Any]]:
    """Return, for each code that is named, the body that is really sent with this status."""
    found: dict[str, dict[str, Any]] = {}
    for kind in kinds():
        if f"`{kind.code}`" in codes and kind.code not in found:
            fields = {"title": [bodies.MISSING]}
            refusal = kind(errors=fields) if kind is errors.ValidationFailed else kind()
            refusal.status_code = status
            found[kind.code] = {"value": json.loads(problems.from_problem(refusal).content)}
    return found


def add_components(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Add the shared shape of failures and the security schemes. drf-spectacular calls this."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    for schema in components["schemas"].values():
        for member in schema.get("properties", {}).values():
            if member.pop("nullable", False):  # DRF's pages still speak OpenAPI 3.0
                member["type"] = [member["type"], "null"]
    components["responses"] = {}
    for status, (name, codes) in FAILURES.items():
        body = {
            "schema": {"$ref": "#/components/schemas/Problem"},
            "examples": failures(status, codes),
        }
        content = {"application/problem+json": body}
        described: dict[str, Any] = {"description": f"Code {codes}.", "content": content}
        if status in HEADERS:
            described["headers"] = {
                name: {"schema": {"type": "string"}} for name in HEADERS[status]
            }
        components["responses"][name] = described
    components["securitySchemes"] = SECURITY_SCHEMES
    return result
