"""Define the fields that bodies of several features have."""

from typing import Any, ClassVar

from rest_framework import serializers

from ..subjects import composed
from ..users.spelling import LONGEST_EMAIL, NO_ADDRESS, mailable
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
