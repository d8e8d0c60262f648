"""Read and write bodies in JSON, and name the fields that several of them have.

A field that no body names is ignored, so nothing can be assigned in bulk. The body of one endpoint
stands beside its view.
"""

import json
from datetime import UTC, datetime
from typing import Any, ClassVar, NoReturn

from django.contrib.auth.base_user import AbstractBaseUser
from rest_framework import negotiation, parsers, renderers, serializers
from rest_framework.request import Request
from rest_framework.utils import encoders

from .. import subjects
from ..credentials.verification import LONGEST_PASSWORD
from ..errors import InvalidRequest
from ..models import Session
from ..spelling import LONGEST_EMAIL, composed, is_one_line, mailable
from ..strict_json import TooDeep, decode
from .wording import Worded

MEDIA_TYPE = "application/json"


class JSONParser(parsers.BaseParser):
    """Read RFC 8259 to the letter: UTF-8, no NaN, no lone surrogates, a limited depth."""

    media_type = MEDIA_TYPE

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        data = stream.read()
        if not data.strip():
            return {}
        try:
            found = decode(data.decode("utf-8"), DECODER)
            json.dumps(found, ensure_ascii=False).encode("utf-8")  # fails on a lone surrogate
        except TooDeep as error:
            raise InvalidRequest("the body is nested too deeply") from error
        except ValueError as error:
            raise InvalidRequest("the body is not JSON in UTF-8") from error
        if not isinstance(found, dict):
            raise InvalidRequest("the body is not a JSON object")
        return found


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


DECODER = json.JSONDecoder(parse_constant=_refuse)


class JSONRenderer(renderers.JSONRenderer):
    """Write UTF-8 JSON without escapes, by one encoder for the life of the process."""

    encode = encoders.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode

    def render(self, data: Any, media_type: Any = None, renderer_context: Any = None) -> bytes:
        return b"" if data is None else self.encode(data).encode()


class AlwaysJSON(negotiation.BaseContentNegotiation):
    """Answer in JSON, whatever the client accepts."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class Password(serializers.CharField):
    """A password exactly as typed, without trimming (ASVS 5.0 6.2.8)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, max_length=LONGEST_PASSWORD, **kwargs)


class NewPassword(Password):
    """A password to set, composed: whoever enters it later may have another keyboard."""

    def to_internal_value(self, data: Any) -> str:
        return composed(super().to_internal_value(data))


class Body(Worded):
    """A body that comes in."""

    subjects: ClassVar[dict[str, str]] = {
        "email": "An address",
        "username": "A name",
        "name": "A name",
        "password": "A password",
        "current_password": "A password",
        "new_password": "A password",
        "token": "The token of a link",
        "trip": "The name of a trip",
        "refresh_token": "A refresh token",
        "code": "A code",
        "recovery_code": "A recovery code",
    }


class ClientSignIn(Body):
    """The name by which people of this user model sign in, under its own name, and a password."""

    password = Password()

    def get_fields(self) -> dict[str, Any]:
        field = subjects.name_field()
        name = serializers.CharField(max_length=field.max_length or LONGEST_EMAIL)
        self._declared_fields = {field.name: name, **self._declared_fields}
        return super().get_fields()


class Factor(Body):
    """One thing beside the password that a person can prove: a code, or a passkey's answer."""

    code = serializers.CharField(max_length=32, required=False)
    credential = serializers.DictField(required=False)


class Factors(Factor):
    """The same, or a recovery code: beside a password."""

    recovery_code = serializers.CharField(max_length=64, required=False)


class Address(serializers.EmailField):
    """An e-mail address that mail can be sent to, kept in its one spelling."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=LONGEST_EMAIL, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        return mailable(super().to_internal_value(data))


class Name(serializers.CharField):
    """A person's name: one line of any letters, without the blanks around it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=150, allow_blank=True, trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        text = str(super().to_internal_value(data))
        if not is_one_line(text):
            raise serializers.ValidationError("Write the name on one line, as letters.")
        return text.strip()


def moment(at: datetime) -> str:
    """Return a time as RFC 3339 in UTC with Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Moment(serializers.DateTimeField):
    """A time as `moment` writes it, whatever the project's zone and format are."""

    def to_representation(self, value: Any) -> str:
        return moment(value)


class UserBody(serializers.Serializer[Any]):
    """A user on the wire, as this site describes people."""

    id = serializers.CharField()
    email = serializers.EmailField(
        help_text="In its one spelling: lower case, the domain in ASCII (`xn--bcher-kva.example`)."
    )
    name = serializers.CharField()
    is_staff = serializers.BooleanField()


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


def session_json(session: Session, access_expires_at: datetime | None) -> dict[str, Any]:
    return {
        "id": session.id,
        "created_at": moment(session.created_at),
        "access_expires_at": moment(access_expires_at) if access_expires_at else None,
        "refresh_expires_at": moment(session.idle_expires_at),
        "expires_at": moment(session.absolute_expires_at),
    }


def state_json(
    user: AbstractBaseUser, session: Session, access_expires_at: datetime
) -> dict[str, Any]:
    """Return what `/auth/session` says of a good access token: who is signed in, until when."""
    return {
        "authenticated": True,
        "user": subjects.describe(user),
        "session": session_json(session, access_expires_at),
    }
