"""Set Django REST framework up: closed by default, JSON alone."""

from typing import Any

from api.operations import TAGS

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.web.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.web.permissions.SignedIn"],
    "DEFAULT_PARSER_CLASSES": ["accounts.web.bodies.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["accounts.web.bodies.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "accounts.web.bodies.AlwaysJSON",
    "DEFAULT_PAGINATION_CLASS": "accounts.web.base.Pages",
    "DEFAULT_SCHEMA_CLASS": "api.openapi.ContractSchema",
    "EXCEPTION_HANDLER": "accounts.web.problems.answer",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR: dict[str, Any] = {
    "TITLE": "Gatehouse",
    "VERSION": "1",
    "DESCRIPTION": (
        "Sign-in, refresh and sign-out with JWTs in HttpOnly cookies, tokens for programs, and an "
        "API that both open. Every failure is problem+json (RFC 9457) with a `code` to go by."
    ),
    "CONTACT": {"name": "The Gatehouse authors"},
    "LICENSE": {"name": "MIT", "identifier": "MIT"},
    "TAGS": TAGS,
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,  # what only the server sets is not asked for
    "POSTPROCESSING_HOOKS": ["api.openapi.add_components"],
}
