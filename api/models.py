"""Define notes: something private that is worth protecting."""

import secrets
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from api.search import folded


def opaque_id() -> str:
    """Return 128 random bits, so that no id tells how many notes there are."""
    return secrets.token_urlsafe(16)


class Note(models.Model):
    """A note of one owner."""

    id = models.CharField(primary_key=True, max_length=32, default=opaque_id, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notes"
    )
    title = models.CharField(max_length=200)
    body = models.TextField(blank=True, max_length=100_000)
    # What the search looks at. Empty in a row that was written without `save`.
    words = models.TextField(db_default="", editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["owner", "-updated_at", "id"], name="note_of_owner")
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write the note, and what the search looks at with it."""
        self.words = f"{folded(self.title)}\n{folded(self.body)}"
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "words"}
        super().save(*args, **kwargs)
