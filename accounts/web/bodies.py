"""Read and write bodies in JSON, and define the fields that several of them have.

A field that no body names is ignored, so nothing can be assigned in bulk. The body of one endpoint
stands beside its view. The docstrings of bodies are texts of the API's description.
"""

import re
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.core import validators as django
from django.core.exceptions import ValidationError
from rest_framework import negotiation, parsers, renderers, serializers
from rest_framework.request import Request
from rest_framework.utils import encoders

from .. import subjects
from ..credentials.verification import LONGEST_PASSWORD
from ..errors import InvalidRequest
from ..models import Session
from ..strict_json import PLAIN, NoObject, read_object

MEDIA_TYPE = "application/json"

# Of a name to sign in by, where the column sets no limit.
LONGEST_NAME = 254


# Control characters (Cc), line and paragraph separators (Zl, Zp) and lone surrogates (Cs). Unicode
# never changes these sets, so no table of this Python is asked, which may not know a new letter.
OUTSIDE_A_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def is_one_line(text: str) -> bool:
    """Return whether a name may be this text: any letters, but no control character or line break.

    Joiners and marks of direction are letters here: Persian, Hindi, Sinhala and emoji need them.
    Where a name stands beside other text, whoever shows it keeps its direction apart.
    """
    return OUTSIDE_A_LINE.search(text) is None


class JSONParser(parsers.BaseParser):
    """Read JSON exactly as RFC 8259 has it, in UTF-8: no NaN, no lone surrogates, limited depth."""

    media_type = MEDIA_TYPE

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        """Return the object in the body, an empty one if there is no body.

        Raise InvalidRequest for anything else.
        """
        data = stream.read()
        if not data.strip():
            return {}
        try:
            return read_object(data, "body", PLAIN)
        except NoObject as error:
            raise InvalidRequest(str(error)) from error


class JSONRenderer(renderers.JSONRenderer):
    """Write JSON in UTF-8 without escapes. One encoder serves all answers of the process."""

    encode = encoders.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode

    def render(self, data: Any, media_type: Any = None, renderer_context: Any = None) -> bytes:
        return b"" if data is None else self.encode(data).encode()


class AlwaysJSON(negotiation.BaseContentNegotiation):
    """Answer in JSON, whatever the client accepts."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


MISSING = "This is missing."

# What people read in place of the texts of DRF and Django, which decide what is wrong.
TEXTS = {
    "required": MISSING,
    "null": MISSING,
    "blank": "Write something here.",
    "invalid_choice": "This is none of the possible values.",
}


class AtMost(django.MaxLengthValidator):
    """Refuse a text that is longer than `limit`, and say how long it is.

    `subject` is what the text is called at the beginning of a sentence.
    """

    def __init__(self, limit: int, subject: str) -> None:
        super().__init__(limit)
        self.subject = subject

    def __call__(self, value: Any) -> None:
        """Raise ValidationError if the text is too long."""
        if len(value) > self.limit_value:
            text = f"{self.subject} can have at most {self.limit_value:,} characters"
            raise ValidationError(f"{text}; this one has {len(value):,}.", self.code)


class Worded(serializers.Serializer[Any]):
    """Say what is wrong with a field in words for the person who filled it in."""

    # For each field, what its text is called at the beginning of a sentence.
    subjects: ClassVar[dict[str, str]] = {}
    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": "Send a JSON object."}

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()
        for name, field in fields.items():
            _reword(field, self.subjects.get(name, "A text here"))
        return fields


def _reword(field: Any, subject: str) -> None:
    """Replace what DRF and Django say of wrong values."""
    field.error_messages |= TEXTS
    if isinstance(field, serializers.BooleanField):
        field.error_messages["invalid"] = "This must be true or false."
    elif isinstance(field, serializers.CharField):
        field.error_messages["invalid"] = "This must be a text."
        field.validators = [_reworded(validator, subject) for validator in field.validators]


def _reworded(validator: Any, subject: str) -> Any:
    """Return a validator that refuses the same values in our words."""
    if isinstance(validator, django.MaxLengthValidator):
        return AtMost(validator.limit_value, subject)
    if isinstance(validator, django.ProhibitNullCharactersValidator):
        validator.message = "The character NUL cannot be kept. Leave it out."
    return validator


class Password(serializers.CharField):
    """Take a password exactly as it was typed, without trimming (ASVS 5.0 6.2.8)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, max_length=LONGEST_PASSWORD, **kwargs)


class Body(Worded):
    """The body of a request."""

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


class Name(serializers.CharField):
    """Take a person's name: one line of any letters, without the blanks around it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=150, allow_blank=True, trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        text = str(super().to_internal_value(data))
        if not is_one_line(text):
            raise serializers.ValidationError("Write the name on one line, as letters.")
        return text.strip()


class ClientSignIn(Body):
    """What people sign in by, under the name of that field, and a password."""

    password = Password()

    def get_fields(self) -> dict[str, Any]:
        field = subjects.name_field()
        name = serializers.CharField(max_length=field.max_length or LONGEST_NAME)
        self._declared_fields = {field.name: name, **self._declared_fields}
        return super().get_fields()


class Factor(Body):
    """One thing beside the password that a person can prove: a code, or a passkey's answer."""

    code = serializers.CharField(max_length=32, required=False)
    credential = serializers.DictField(required=False)


class Factors(Factor):
    """The same, or a recovery code: beside a password."""

    recovery_code = serializers.CharField(max_length=64, required=False)


def moment(at: datetime) -> str:
    """Return a time as RFC 3339 in UTC with Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Moment(serializers.DateTimeField):
    """Write a time as `moment` does, whatever the project's zone and format are."""

    def to_representation(self, value: Any) -> str:
        return moment(value)


class UserBody(serializers.Serializer[Any]):
    """A user, as this site describes people."""

    id = serializers.CharField()
    email = serializers.EmailField(
        help_text="In its one spelling: lower case, the domain in ASCII (`xn--bcher-kva.example`)."
    )
    name = serializers.CharField()
    is_staff = serializers.BooleanField()


class SessionTimes(serializers.Serializer[Any]):
    """A session. `access_expires_at` is null if only the refresh token is good."""

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
    """Return a session as `SessionTimes` describes it."""
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
    """Return what `/auth/session` says of a good access token, as `State` describes it."""
    return {
        "authenticated": True,
        "user": subjects.describe(user),
        "session": session_json(session, access_expires_at),
    }
