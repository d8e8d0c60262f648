"""Define the core's tables and their constraints: subjects, sessions, counts of failures.

A session is one row, however often it is refreshed. No table holds anything from which a token
could be made. Of a refresh token's `key` only the SHA-256 is stored (ASVS 5.0 7.2, 14.2).
"""

import secrets
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q


def opaque_id() -> str:
    """Return 128 random bits as 22 base64url characters (ASVS 5.0 7.2.3)."""
    return secrets.token_urlsafe(16)


class Subject(models.Model):
    """Keep what tokens need of a user, whichever user model the project has (accounts.subjects)."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="gatehouse_subject",
    )
    # What tokens call the user. It is opaque, and never given to another user.
    sub = models.CharField(max_length=32, unique=True, default=opaque_id, editable=False)
    # Rises with every change of role or scopes, so that older access tokens are refused at once.
    ver = models.PositiveIntegerField(default=1, editable=False)
    ver_raised_at = models.DateTimeField(null=True, editable=False, db_index=True)
    # Rises when all of a person's sessions end. The user model of `users` puts it into the hash
    # that Django's own sessions keep, so that those of the administration end too.
    endings = models.PositiveIntegerField(default=0, editable=False)

    def __str__(self) -> str:
        return self.sub


class Session(models.Model):
    """Keep one sign-in on one device. Only `accounts.sessions` writes these rows."""

    class Client(models.TextChoices):
        WEB = "web"
        CLI = "cli"

    id = models.CharField(primary_key=True, max_length=32, default=opaque_id)
    # A row stays when its user is deleted, so that the revocation feed still has it.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="gatehouse_sessions",
    )
    client = models.CharField(max_length=3, choices=Client)
    method = models.CharField(max_length=16, default="password")
    key_hash = models.CharField(max_length=64)
    generation = models.PositiveIntegerField(default=1)
    previous_generation = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    rotated_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField()
    authenticated_at = models.DateTimeField()
    # What was proven at `authenticated_at` (accounts.evidence): words with blanks between them, and
    # how strong that is. `credential` is what the session began with, where that can be removed.
    # They came later, as `jkt` did: the database fills them in for a server of an older release.
    amr = models.CharField(max_length=200, blank=True, default="", db_default="")
    acr = models.CharField(max_length=1, default="1", db_default="1")
    credential = models.CharField(max_length=64, blank=True, default="", db_default="")
    idle_seconds = models.PositiveIntegerField()
    idle_expires_at = models.DateTimeField()
    absolute_expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=24, blank=True)
    # The RFC 7638 thumbprint of the key whose possession its callers prove. Empty: they need none.
    jkt = models.CharField(max_length=43, blank=True, default="", db_default="")
    # The `kid` of every key that has signed for this session. Dropping a leaked key ends those.
    signing_kids = models.TextField(default="")
    address = models.CharField(max_length=45, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["user", "ended_at"], name="session_of_user"),
            models.Index(
                fields=["ended_at"], name="session_ended", condition=Q(ended_at__isnull=False)
            ),
            models.Index(fields=["absolute_expires_at"], name="session_purge"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(previous_generation__lt=F("generation")),
                name="session_generations_rise",
            ),
            models.CheckConstraint(
                condition=Q(idle_expires_at__lte=F("absolute_expires_at")),
                name="session_idle_within_absolute",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, end_reason="")
                | (Q(ended_at__isnull=False) & ~Q(end_reason="")),
                name="session_ended_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.id

    @property
    def is_bound_browser(self) -> bool:
        """Return whether this is a session of a browser that is bound to its device."""
        return bool(self.jkt) and self.client == self.Client.WEB


class FailureCount(models.Model):
    """Count how much of one budget is used. Key and owner are hashes, so no address is kept."""

    key = models.CharField(primary_key=True, max_length=64)
    owner = models.CharField(max_length=64, blank=True)  # of an address. Empty for a network
    started_at = models.BigIntegerField()
    count = models.PositiveIntegerField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["owner"], name="failures_of_owner")
        ]

    def __str__(self) -> str:
        return f"{self.key[:8]} {self.count}"
