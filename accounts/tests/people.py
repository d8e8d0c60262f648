"""People of whichever user model the project has."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import models

from .. import subjects
from ..sessions import user_changes

PASSWORDS = {
    "alice": "alice walks the long way home",
    "bob": "bob keeps bees on the roof",
}


class QuickHasher(PBKDF2PasswordHasher):
    """Django's own algorithm with hardly any work, under a name of its own."""

    algorithm = "gatehouse_quick"
    iterations = 1


class OtherHasher(QuickHasher):
    """Another one: what it made is made anew at the next sign-in."""

    algorithm = "gatehouse_other"


def make_user(name: str, **fields: Any) -> Any:
    """Return a new user of this name, whatever the user model asks for besides.

    Where people sign in by an address it is `<name>@example.com`.
    """
    model = get_user_model()
    values = {} if not subjects.has_field("is_active") else {"is_active": True}
    for field in model._meta.concrete_fields:
        if field.name == model.USERNAME_FIELD or is_needed(field):
            values[field.name] = value_for(field, name)
    user = model(**{**values, **fields})
    user.set_password(PASSWORDS.get(name))
    user.save()
    return user


def is_needed(field: Any) -> bool:
    """Return whether a row cannot be made without a value for this column."""
    given = field.has_default() or field.has_db_default()
    optional = field.null or field.primary_key or given or field.name == "password"
    automatic = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    is_address = isinstance(field, models.EmailField)
    return is_address or not (optional or automatic or field.blank)


def value_for(field: Any, name: str) -> Any:
    """Return a value that fits the column. Raise ValueError for a kind that is unknown here."""
    if (
        isinstance(field, models.EmailField)
        or field.name == get_user_model().get_email_field_name()
    ):
        return f"{name}@example.com"
    if field.choices:
        return field.flatchoices[0][0]
    for kind, value in (
        (models.CharField, name[: field.max_length]),
        (models.TextField, name),
        (models.BooleanField, False),
        (models.DateTimeField, datetime.now(UTC)),
        (models.DateField, datetime.now(UTC).date()),
        (models.UUIDField, uuid4()),
        (models.IntegerField, uuid4().int % 2**31),
    ):
        if isinstance(field, kind):
            return value
    raise ValueError(f"make_user needs to know what to put into {field}")


def change_rights(user: Any) -> None:
    """Make the user one of staff. A model without staff gets another change of rights."""
    if subjects.has_field("is_staff"):
        user.is_staff = True
        user.save()
    else:
        user_changes.rights_changed(user)


def shut_out(user: Any) -> None:
    """Deactivate the user, or delete them where the model knows nobody who is inactive."""
    if subjects.has_field("is_active"):
        user.is_active = False
        user.save()
    else:
        user.delete()


def let_in(user: Any) -> Any:
    """Return the user after `shut_out` was undone: activated again, or made anew."""
    if not subjects.has_field("is_active"):
        return user if user.pk else make_user("alice")
    if not user.is_active:
        user.is_active = True
        user.save()
    return user
