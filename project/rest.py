"""Django REST framework's settings: closed by default, JSON alone."""

from typing import Any

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.permissions.SignedIn"],
    "DEFAULT_PARSER_CLASSES": ["accounts.wire.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["accounts.wire.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "accounts.wire.AlwaysJSON",
    "DEFAULT_PAGINATION_CLASS": "accounts.endpoints.Pages",
    "DEFAULT_SCHEMA_CLASS": "api.openapi.ContractSchema",
    "EXCEPTION_HANDLER": "accounts.problems.answer",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR: dict[str, Any] = {
    "TITLE": "Gatehouse",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,  # what only the server sets is not asked for
    "POSTPROCESSING_HOOKS": ["api.openapi.add_components"],
}
