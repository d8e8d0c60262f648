"""Serve anyone the public keys, say where they are, and whether the service is up."""

import time
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from django.http import HttpRequest
from rest_framework import serializers
from rest_framework.response import Response

from ... import signals, subjects
from ...conf import LEEWAY_SECONDS, conf
from ...errors import Unavailable
from ...sessions import database_now, revocation
from ...tokens import key_store
from .. import base

# Two servers that are each so far from the database's clock still accept each other's tokens.
READY_SECONDS = LEEWAY_SECONDS / 2


class PublicKey(serializers.Serializer[Any]):
    """The public members of a key (RFC 7517)."""

    kty = serializers.CharField()
    crv = serializers.CharField()
    x = serializers.CharField()
    y = serializers.CharField()
    kid = serializers.CharField()
    alg = serializers.CharField()
    use = serializers.CharField()


class PublicKeys(serializers.Serializer[Any]):
    keys = PublicKey(many=True)


class Metadata(serializers.Serializer[Any]):
    """The members of RFC 8414 that are true here."""

    issuer = serializers.CharField()
    jwks_uri = serializers.CharField()
    response_types_supported = serializers.ListField(child=serializers.CharField())
    grant_types_supported = serializers.ListField(child=serializers.CharField())
    dpop_signing_alg_values_supported = serializers.ListField(
        child=serializers.CharField(), required=False
    )


class Health(serializers.Serializer[Any]):
    status = serializers.CharField()


class PublicView(base.Endpoint):
    authentication_classes = ()
    permission_classes = ()


class JWKSView(PublicView):
    """GET /.well-known/jwks.json: what a resource server needs to verify access tokens."""

    answers = PublicKeys

    def get(self, request: HttpRequest) -> Response:
        # A new key is published before it signs, so that caches may be this old.
        return Response(key_store.ring().jwks(), headers={"Cache-Control": "public, max-age=5"})


class MetadataView(PublicView):
    """GET /.well-known/oauth-authorization-server: what is true here of RFC 8414.

    It is for resource servers, which learn from it where the keys are. Programs sign in with JSON
    and people in the browser, which are no grants of OAuth: no endpoint for one is named. Both
    lists are empty and yet written (section 3.2 would leave them out): without them a client has
    to take `authorization_code` for supported.
    """

    answers = Metadata

    def get(self, request: HttpRequest) -> Response:
        said: dict[str, Any] = {
            "issuer": conf.issuer,
            "jwks_uri": f"{conf.issuer}/.well-known/jwks.json",
            "response_types_supported": [],
            "grant_types_supported": [],
        }
        answers: list[tuple[Any, Any]] = signals.describing.send(None)
        for _, members in answers:
            said |= members or {}
        return Response(said, headers={"Cache-Control": "public, max-age=300"})


class HealthView(PublicView):
    """GET /healthz: the process answers."""

    answers = Health

    def get(self, request: HttpRequest) -> Response:
        return Response({"status": "ok"})


class ReadyView(PublicView):
    """GET /readyz: database, keys and revocation feed are usable, and the clock is right."""

    answers = Health

    def get(self, request: HttpRequest) -> Response:
        try:
            key_store.ring()
            subjects.rows().only("pk").first()
            revocation.current()
            ahead = seconds_ahead()
        except (DatabaseError, ImproperlyConfigured, OSError) as error:
            raise Unavailable(f"not ready: {error}") from error
        if abs(ahead) > READY_SECONDS:
            raise Unavailable(f"not ready: this clock is {ahead:+.1f} s from the database's")
        return Response({"status": "ok"})


def seconds_ahead() -> float:
    """Return by how many seconds at least this server's clock is ahead of the database's.

    The number is negative if it is behind. The database read its clock at some moment between our
    question and its answer, so a difference within that time is none.
    """
    before = time.time()
    theirs = database_now().timestamp()
    return max(before - theirs, 0) or min(time.time() - theirs, 0)
