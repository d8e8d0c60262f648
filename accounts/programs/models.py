"""The table of personal access tokens. It holds nothing from which a token could be made."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from ..models import opaque_id


class PersonalToken(models.Model):
    """A token that a person has made for a program. To end it is to delete its row."""

    id = models.CharField(primary_key=True, max_length=32, default=opaque_id)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="gatehouse_personal_tokens",
    )
    # The SHA-256. The token is random enough for a plain one.
    digest = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=150)
    # Words with blanks between them.
    scope = models.TextField()
    # How strong the sign-in was that it was made in (accounts.evidence).
    acr = models.CharField(max_length=1)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    last_used_on = models.DateField(null=True)

    class Meta:
        # Not that of the core, in whose folder this one stands.
        app_label = "gatehouse_programs"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["expires_at"], name="personal_token_purge")
        ]

    def __str__(self) -> str:
        return self.name
