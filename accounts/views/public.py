"""Endpoints for anyone: the public keys, and whether the service is up."""

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import answers, clock, endpoints, keys, revocation, subjects
from accounts.conf import LEEWAY_SECONDS
from accounts.errors import Unavailable

# Two servers that are each so far from the database's clock still accept each other's tokens.
READY_SECONDS = LEEWAY_SECONDS / 2


class PublicView(endpoints.View):
    authentication_classes = ()
    permission_classes = ()


class JWKSView(PublicView):
    """GET /.well-known/jwks.json: what a resource server needs to verify access tokens."""

    @extend_schema(responses=answers.PublicKeys)
    def get(self, request: Request) -> Response:
        # A new key is published before it signs, so that caches may be this old.
        return Response(keys.ring().jwks(), headers={"Cache-Control": "public, max-age=5"})


class HealthView(PublicView):
    """GET /healthz: the process answers."""

    @extend_schema(responses=answers.Health)
    def get(self, request: Request) -> Response:
        return Response({"status": "ok"})


class ReadyView(PublicView):
    """GET /readyz: database, keys and revocation feed are usable, and the clock is right."""

    @extend_schema(responses=answers.Health)
    def get(self, request: Request) -> Response:
        try:
            keys.ring()
            subjects.rows().only("pk").first()
            revocation.current()
            ahead = clock.seconds_ahead()
        except (DatabaseError, ImproperlyConfigured, OSError) as error:
            raise Unavailable(f"not ready: {error}") from error
        if abs(ahead) > READY_SECONDS:
            raise Unavailable(f"not ready: this clock is {ahead:+.1f} s from the database's")
        return Response({"status": "ok"})
