"""Define the fields that bodies of several features have."""

from typing import Any, ClassVar

from rest_framework import serializers

from ..subjects import composed
from ..users.spelling import LONGEST_EMAIL, NO_ADDRESS, is_one_line, mailable
from ..web.bodies import Password


class NewPassword(Password):
    """Take a password to set, composed: whoever enters it later may have another keyboard."""

    def to_internal_value(self, data: Any) -> str:
        return composed(super().to_internal_value(data))


class Address(serializers.EmailField):
    """Take an e-mail address that mail can be sent to, in its one spelling."""

    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": NO_ADDRESS}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=LONGEST_EMAIL, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        return mailable(super().to_internal_value(data))


class Name(serializers.CharField):
    """Take a person's name: one line of any letters, without the blanks around it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=150, allow_blank=True, trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        text = str(super().to_internal_value(data))
        if not is_one_line(text):
            raise serializers.ValidationError("Write the name on one line, as letters.")
        return text.strip()
