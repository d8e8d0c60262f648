"""Define the table of security events."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class SecurityEvent(models.Model):
    """Something that mattered for someone's security. Rows are added, never changed."""

    kind = models.CharField(max_length=32, db_index=True)
    at = models.DateTimeField(db_default=Now(), db_index=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="gatehouse_events",
    )
    session_id = models.CharField(max_length=32, blank=True)
    address = models.CharField(max_length=45, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        # Not that of the core, in whose folder this one stands.
        app_label = "gatehouse_audit"

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"
