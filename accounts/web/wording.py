"""Say what is wrong with a field of a body, in words for the person who filled it in.

The texts replace those of DRF and Django, which decide what is wrong.
"""

from typing import Any, ClassVar

from django.core import validators as django
from django.core.exceptions import ValidationError
from rest_framework import serializers
from rest_framework import validators as drf

from ..spelling import NO_ADDRESS

MISSING = "This is missing."

TEXTS = {
    "required": MISSING,
    "null": MISSING,
    "blank": "Write something here.",
    "invalid_choice": "This is none of the possible values.",
}
NOT_TEXT = "This must be a text."
NOT_BOOLEAN = "This must be true or false."
NOT_OBJECT = "Send a JSON object."
NO_NUL = "The character NUL cannot be kept. Leave it out."
NO_SURROGATE = "Half a character (a surrogate) cannot be kept. Leave it out."


class AtMost(django.MaxLengthValidator):
    """Refuse a longer text, and say how long it is."""

    def __init__(self, limit: int, subject: str) -> None:
        super().__init__(limit)
        self.subject = subject

    def __call__(self, value: Any) -> None:
        if len(value) > self.limit_value:
            text = f"{self.subject} can have at most {self.limit_value:,} characters"
            raise ValidationError(f"{text}; this one has {len(value):,}.", self.code)


class Worded(serializers.Serializer[Any]):
    """A serializer whose refusals are in our words."""

    # For each field, what its text is called at the beginning of a sentence.
    subjects: ClassVar[dict[str, str]] = {}
    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": NOT_OBJECT}

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()
        for name, field in fields.items():
            _reword(field, self.subjects.get(name, "A text here"))
        return fields


MESSAGES: dict[type[Any], str] = {
    django.EmailValidator: NO_ADDRESS,
    django.ProhibitNullCharactersValidator: NO_NUL,
    drf.ProhibitSurrogateCharactersValidator: NO_SURROGATE,
}


def _reword(field: Any, subject: str) -> None:
    field.error_messages |= TEXTS
    if isinstance(field, serializers.BooleanField):
        field.error_messages["invalid"] = NOT_BOOLEAN
    elif isinstance(field, serializers.CharField):
        field.error_messages["invalid"] = NOT_TEXT
        field.validators = [_reworded(validator, subject) for validator in field.validators]


def _reworded(validator: Any, subject: str) -> Any:
    if isinstance(validator, django.MaxLengthValidator):
        return AtMost(validator.limit_value, subject)
    for kind, text in MESSAGES.items():
        if isinstance(validator, kind):
            validator.message = text
    return validator
