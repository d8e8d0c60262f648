"""Check the user model and the password rules that this part needs."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist

from ..checks import rule


@rule("E018")
def user_model() -> str:
    model = get_user_model()
    try:
        fits = model.USERNAME_FIELD == "email" and model._meta.get_field("email").unique
        model._meta.get_field("name")
    except FieldDoesNotExist:
        fits = False
    if fits:
        return ""
    return (
        "Registration, mails, profiles and identity providers need a user model with `name` and a "
        f"unique `email` by which people sign in. {model._meta.label} is none: leave them out."
    )


@rule("W003")
def password_length() -> str:
    limit = f"{__package__}.password_rules.LengthLimit"
    validators: Any = settings.AUTH_PASSWORD_VALIDATORS
    named = [validator["NAME"] for validator in validators]
    return "" if limit in named else f"AUTH_PASSWORD_VALIDATORS should hold {limit}."
