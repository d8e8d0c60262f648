"""Define the table that says whose account an identity at a provider is."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Identity(models.Model):
    """Somebody at an identity provider, and whose account that is. Never matched by e-mail."""

    issuer = models.CharField(max_length=255)
    subject = models.CharField(max_length=255)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="gatehouse_identities"
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        # Not that of the core, in whose folder this one stands.
        app_label = "gatehouse_federation"
        verbose_name_plural = "identities"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="identity_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} at {self.issuer}"
