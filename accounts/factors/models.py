"""The tables of the second factor. None holds anything that proves who somebody is.

Of a passkey there is the public key, of an authenticator app the secret under a key that is not in
the database (factors.totp), of a recovery code the SHA-256.
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from ..models import opaque_id


class Passkey(models.Model):
    """A credential of WebAuthn. Its user handle is the `sub` of its person."""

    # What sessions name it by that began with it. A credential id is too long for that.
    id = models.CharField(primary_key=True, max_length=32, default=opaque_id)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="gatehouse_passkeys"
    )
    # In base64url, as browsers write it: at most 1023 bytes (WebAuthn Level 3 section 4).
    credential_id = models.CharField(max_length=1364, unique=True)
    public_key = models.BinaryField()
    sign_count = models.BigIntegerField()
    # Whether it may be kept in several devices, and whether it is.
    backup_eligible = models.BooleanField()
    backed_up = models.BooleanField()
    name = models.CharField(max_length=150)
    created_at = models.DateTimeField(db_default=Now())
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        # Not that of the core, in whose folder this one stands.
        app_label = "gatehouse_factors"

    def __str__(self) -> str:
        return self.name


class Totp(models.Model):
    """A person's authenticator app. `pending` is a secret that waits for its first code."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="gatehouse_totp",
    )
    secret = models.CharField(max_length=250, blank=True)
    pending = models.CharField(max_length=250, blank=True)
    confirmed_at = models.DateTimeField(null=True)
    # The 30 seconds whose code was used last. No code works twice.
    last_step = models.BigIntegerField(default=0)
    # In a row, over any time. After the last one allowed no code is taken (factors.totp).
    wrong_codes = models.PositiveIntegerField(db_default=0)

    class Meta:
        app_label = "gatehouse_factors"

    def __str__(self) -> str:
        return f"authenticator app of {self.user_id}"


class RecoveryCode(models.Model):
    """One of ten codes for the day when everything else is lost. It works once."""

    digest = models.CharField(primary_key=True, max_length=64)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="gatehouse_recovery_codes"
    )
    used_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "gatehouse_factors"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["user", "used_at"], name="recovery_codes_of_user")
        ]

    def __str__(self) -> str:
        return self.digest[:8]
