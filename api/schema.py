"""Serve the OpenAPI 3.1 description of both servers (api.openapi): GET /api/schema."""

from typing import Any

from drf_spectacular.views import SpectacularJSONAPIView

from accounts.web.base import View


class SchemaView(View, SpectacularJSONAPIView):
    """Open to anyone, in demo mode."""

    authentication_classes: tuple[Any, ...] = ()
    permission_classes: tuple[Any, ...] = ()
    renderer_classes = SpectacularJSONAPIView.renderer_classes
