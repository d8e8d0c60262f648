"""The bodies that endpoints answer with, for whoever describes the API (api.schema).

Data beside the code that it is about: nothing in this package acts on it, and a test compares it
with what is really answered. Bodies in, and lists, are described by accounts.serializers.
"""

from typing import Any

from rest_framework import serializers

from accounts.serializers import UserBody


class SessionTimes(serializers.Serializer[Any]):
    """`access_expires_at` is null where only the refresh token is good."""

    id = serializers.CharField()
    created_at = serializers.DateTimeField()
    access_expires_at = serializers.DateTimeField(allow_null=True)
    refresh_expires_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class State(serializers.Serializer[Any]):
    """Who is signed in, and until when."""

    authenticated = serializers.BooleanField()
    user = UserBody(allow_null=True)
    session = SessionTimes(allow_null=True)


class TokenPair(serializers.Serializer[Any]):
    """RFC 6749 section 5.1, and the refresh token's life in seconds."""

    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField()
    refresh_expires_in = serializers.IntegerField()
    scope = serializers.CharField()


class PublicKey(serializers.Serializer[Any]):
    """RFC 7517; public members only."""

    kty = serializers.CharField()
    crv = serializers.CharField()
    x = serializers.CharField()
    y = serializers.CharField()
    kid = serializers.CharField()
    alg = serializers.CharField()
    use = serializers.CharField()


class PublicKeys(serializers.Serializer[Any]):
    keys = PublicKey(many=True)


class Health(serializers.Serializer[Any]):
    status = serializers.CharField()


class WaitingIdentity(serializers.Serializer[Any]):
    """An identity at the provider that waits, and how to show that its address is one's own.

    `mail` is a link to the address, `password` that of the account which has the address.
    """

    email = serializers.EmailField()
    provider = serializers.CharField()
    ways = serializers.ListField(child=serializers.ChoiceField(choices=["password", "mail"]))
