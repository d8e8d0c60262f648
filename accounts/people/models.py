"""Define the table of mailed links."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class LinkToken(models.Model):
    """One link that was mailed to somebody. The token itself is in that mail alone."""

    class Kind(models.TextChoices):
        REGISTER = "register"
        RESET = "reset"
        EMAIL = "email"
        IDENTITY = "identity"

    digest = models.CharField(primary_key=True, max_length=64)
    kind = models.CharField(max_length=8, choices=Kind)
    email = models.EmailField(max_length=254)  # the address that the link proves
    name = models.CharField(max_length=150, blank=True)  # given with a registration
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.CASCADE,
        related_name="gatehouse_links",
    )
    # The session that asked for the link, and with which it ends.
    session_id = models.CharField(max_length=32, blank=True)
    # A keyed hash of what must still be so when the link is used.
    made_for = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(db_default=Now(), db_index=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        # Not that of the core, in whose folder this one stands.
        app_label = "gatehouse_people"

    def __str__(self) -> str:
        return f"{self.kind} {self.email}"
