"""Bodies in and out. A field that is not named here is ignored: nothing can be assigned in bulk."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser
from rest_framework import serializers

from .. import subjects, user_agents
from ..models import Session
from ..spelling import LONGEST_EMAIL, composed, is_one_line, mailable
from .wording import Worded

# No password is longer, and hashing must not cost what the sender chose.
LONGEST_PASSWORD = 1024


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
    }


class ClientSignIn(Body):
    """The name by which people of this user model sign in, under its own name, and a password."""

    password = Password()

    def get_fields(self) -> dict[str, Any]:
        field = subjects.name_field()
        name = serializers.CharField(max_length=field.max_length or LONGEST_EMAIL)
        self._declared_fields = {field.name: name, **self._declared_fields}
        return super().get_fields()


class SignIn(ClientSignIn):
    remember = serializers.BooleanField(default=False)


class Reauthentication(Body):
    password = Password()


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
    """RFC 3339 in UTC with Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Moment(serializers.DateTimeField):
    """A time as `moment` writes it, whatever the project's zone and format are."""

    def to_representation(self, value: Any) -> str:
        return moment(value)


class Device(serializers.Serializer[Session]):
    """One session as its owner sees it."""

    id = serializers.CharField()
    current = serializers.SerializerMethodField()
    client = serializers.CharField()
    method = serializers.CharField()
    device = serializers.SerializerMethodField()
    address = serializers.CharField()
    created_at = Moment()
    last_used_at = Moment()
    ended_at = Moment(allow_null=True)
    end_reason = serializers.SerializerMethodField()

    def get_current(self, session: Session) -> bool:
        return bool(session.id == self.context["request"].user.session_id)

    def get_device(self, session: Session) -> str:
        return user_agents.describe(session.user_agent)

    def get_end_reason(self, session: Session) -> str | None:
        return session.end_reason or None


class UserBody(serializers.Serializer[Any]):
    """A user on the wire: what `accounts.subjects.describe` makes of accounts.User."""

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
    """Who is signed in, and until when: what `/auth/session` tells of a good access token."""
    return {
        "authenticated": True,
        "user": subjects.describe(user),
        "session": session_json(session, access_expires_at),
    }
