"""Endpoints for a person's own personal access tokens: list, make and end them.

They are for the browser in which the person is signed in. No program can make a token, with a
token or without.
"""

from typing import Any, ClassVar

from django.db import transaction
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from .. import sessions, signals, subjects
from ..errors import NotFound, ReauthenticationRequired, SecondFactorRequired
from ..evidence import level
from ..models import Session, Subject
from ..tokens.claims import AccessClaims
from ..web import bodies
from ..web.authentication import SignedInRequest, TokenAuthentication, bearer_token
from ..web.base import ProtectedEndpoint
from ..web.browser import own_session
from ..web.permissions import RecentlyAuthenticated, django_request
from . import personal_tokens
from .conf import conf


class Scopes(serializers.ListField):
    """Take names of scopes. Which there are is asked of the person's own."""

    child = serializers.CharField(max_length=200)

    def run_child_validation(self, data: Any) -> Any:
        """Return the names. Raise ValidationError in one line for all of them."""
        try:
            return super().run_child_validation(data)
        except serializers.ValidationError as error:
            raise serializers.ValidationError("Each scope is a text.") from error


class NewToken(bodies.Body):
    """What a token is called, what it may do, and for how many days it lives (90 if unsaid)."""

    name = bodies.Name()
    scopes = Scopes(
        max_length=100,
        error_messages={
            "not_a_list": "This must be a list of texts.",
            "max_length": "These are too many.",
        },
    )
    days = serializers.IntegerField(
        min_value=1,
        required=False,
        error_messages={
            "invalid": "This must be a whole number.",
            "min_value": "A token lives for at least one day.",
            "max_string_length": "This number is too large.",
        },
    )

    def validate_name(self, name: str) -> str:
        if not name:
            raise serializers.ValidationError(bodies.TEXTS["blank"])
        return name

    def validate_scopes(self, scopes: list[str]) -> list[str]:
        if not scopes:
            raise serializers.ValidationError("Choose what the token may do.")
        return scopes


class TokenRow(serializers.Serializer[Any]):
    """A personal access token. `last_used_on` is a day, or null if it was never used."""

    id = serializers.CharField()
    name = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    last_used_on = serializers.DateField(allow_null=True)


class MadeToken(TokenRow):
    """The same with the token itself, which no other answer shows."""

    token = serializers.CharField()


class OwnTokens(serializers.Serializer[Any]):
    """A person's tokens, and what a new one can be given."""

    tokens = TokenRow(many=True)
    scopes = serializers.ListField(child=serializers.CharField())
    most_days = serializers.IntegerField()


class BySession(TokenAuthentication):
    """Authenticate by the access cookie alone. A Bearer token is not looked at."""

    def authenticate(self, request: Request) -> tuple[Any, AccessClaims] | None:
        """Return the principal and its claims, or None. Raise what the base class raises."""
        found = super().authenticate(request)
        return None if bearer_token(django_request(request)) is not None else found


class TokensView(ProtectedEndpoint):
    """The base of both views. Without the setting there are no such tokens."""

    authentication_classes = (BySession,)
    for_browsers = True

    def check_permissions(self, request: Request) -> None:
        if not conf.personal_token_days:
            raise NotFound
        super().check_permissions(request)


class PersonalTokensView(TokensView):
    """GET and POST /auth/personal-tokens. POST needs a step-up."""

    takes = NewToken
    answers: ClassVar[Any] = {"GET": OwnTokens, "POST": MadeToken}
    status: ClassVar[Any] = {"GET": 200, "POST": 201}
    refuses = (404,)

    def get_permissions(self) -> list[Any]:
        if self.request.method == "POST":
            return [RecentlyAuthenticated()]
        return list(super().get_permissions())

    def get(self, request: SignedInRequest) -> Response:
        """Return the caller's tokens, and what a new one can be given."""
        session, user = own_session(request)
        return Response(
            {
                "tokens": [personal_tokens.as_json(row) for row in personal_tokens.own(user)],
                "scopes": subjects.scopes_of(user, acr=session.acr),
                "most_days": conf.personal_token_days,
            }
        )

    def post(self, request: SignedInRequest, given: dict[str, Any]) -> Response:
        """Make a token for a program. No other answer shows it."""
        days = min(personal_tokens.DEFAULT_DAYS, conf.personal_token_days)
        with transaction.atomic():
            # Until the end. What ends all sessions comes before, and is noticed here, or ends the
            # new token too.
            list(Subject.objects.select_for_update().filter(sub=request.user.sub))
            session, user = own_session(request)
            row, text = personal_tokens.make(
                user,
                name=given["name"],
                scopes=given["scopes"],
                days=given.get("days", days),
                acr=proven_lately(session, user),
            )
            detail = {"token": row.name, "scope": row.scope}
            signals.tell("personal_token_made", request, user=user, session=session, detail=detail)
        return Response(
            {**personal_tokens.as_json(row), "token": text}, status=self.status_of("POST")
        )


class PersonalTokenView(TokensView):
    """DELETE /auth/personal-tokens/{id}: end it at once. To others it does not exist."""

    answers = 204
    permission_classes = (RecentlyAuthenticated,)

    def delete(self, request: SignedInRequest, token_id: str) -> Response:
        _, user = own_session(request)
        row = personal_tokens.own(user).select_related("user").filter(pk=token_id).first()
        if row is None:
            raise NotFound
        personal_tokens.end(row, request)
        return Response(status=204)


def proven_lately(session: Session, user: Any) -> str:
    """Return how strong the session's step-up was.

    Raise ReauthenticationRequired if it is over, or not enough since the person has a factor.
    """
    evidence = sessions.recent(Session.objects.filter(id=session.id))
    if not evidence:
        raise ReauthenticationRequired
    try:
        sessions.require(user, evidence)
    except SecondFactorRequired as error:
        raise ReauthenticationRequired from error
    return level(evidence)
