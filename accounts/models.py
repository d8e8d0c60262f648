"""The tables and their constraints, no flows: subjects, sessions, events, links, counts, people.
A session is one row for life, however often it is refreshed. No table holds anything from which
a token could be made: of a refresh token's `key` only the SHA-256 is stored (ASVS 5.0 7.2, 14.2).
"""

import secrets
from collections.abc import Iterator
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Group, Permission, PermissionsMixin
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from .spelling import canonical_email, composed, validate_mailable


def opaque_id() -> str:
    """128 random bits, as 22 base64url characters (ASVS 5.0 7.2.3)."""
    return secrets.token_urlsafe(16)


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=canonical_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=canonical_email(username or ""))


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in by e-mail, for projects that have no user model of their own."""

    email = models.EmailField("e-mail", max_length=254, unique=True, validators=[validate_mailable])
    name = models.CharField(max_length=150, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    # As in PermissionsMixin, but for the names from the other side: a project that moves here has
    # another user model beside this one for a while, and `group.user_set` stays that one's.
    groups = models.ManyToManyField(  # type: ignore[assignment]  # the stubs know the mixin's
        Group,
        blank=True,
        related_name="accounts_user_set",
        related_query_name="accounts_user",
    )
    user_permissions = models.ManyToManyField(  # type: ignore[assignment]  # the same
        Permission,
        blank=True,
        related_name="accounts_user_set",
        related_query_name="accounts_user",
    )

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            # The revocation feed asks for these at each reading (sessions.revocation).
            models.Index(fields=["id"], name="user_inactive", condition=Q(is_active=False))
        ]

    USERNAME_FIELD = "email"

    objects = UserManager()

    def __str__(self) -> str:
        return self.email

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        """With what follows from it (sessions.user_changes), or not at all."""
        super().save(*args, **kwargs)

    def set_password(self, raw_password: str | None) -> None:
        """Keep the hash of this password, composed. None is for a user without one."""
        super().set_password(None if raw_password is None else composed(raw_password))

    @classmethod
    def normalize_username(cls, username: str) -> str:
        """Return the one spelling of an address."""
        return canonical_email(username)

    def get_session_auth_hash(self) -> str:
        """Return what a session of Django's must have begun with to count."""
        return self._counting_endings(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """Yield the same for each of SECRET_KEY_FALLBACKS."""
        yield from map(self._counting_endings, super().get_session_auth_fallback_hash())

    def _counting_endings(self, auth_hash: str) -> str:
        subject = Subject.objects.filter(user_id=self.pk).first()
        return f"{auth_hash}.{subject.endings if subject else 0}"


class Subject(models.Model):
    """What is kept of a user, whichever user model the project has (accounts.subjects)."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="gatehouse_subject",
    )
    # What the outside knows the user by: opaque, and never reassigned.
    sub = models.CharField(max_length=32, unique=True, default=opaque_id, editable=False)
    # Rises with every change of role or scopes: older access tokens are refused at once.
    ver = models.PositiveIntegerField(default=1, editable=False)
    ver_raised_at = models.DateTimeField(null=True, editable=False, db_index=True)
    # Rises where all of a person's sessions end. `User` has its sessions of Django's, those of the
    # administration, end with them.
    endings = models.PositiveIntegerField(default=0, editable=False)

    def __str__(self) -> str:
        return self.sub


class Session(models.Model):
    """One sign-in on one device. Written by `accounts.sessions` alone."""

    class Client(models.TextChoices):
        WEB = "web"
        CLI = "cli"

    id = models.CharField(primary_key=True, max_length=32, default=opaque_id)
    # Ended rows outlive their user, so that the revocation feed still carries them.
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
    idle_seconds = models.PositiveIntegerField()
    idle_expires_at = models.DateTimeField()
    absolute_expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=24, blank=True)
    # Every key that signed for this session, so that a leaked one can end them all.
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

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"


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
    session_id = models.CharField(max_length=32, blank=True)  # which asked; the link dies with it
    # A keyed hash of what must still be so when the link is used.
    made_for = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(db_default=Now(), db_index=True)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.email}"


class Identity(models.Model):
    """Somebody at an identity provider, and whose account that is. Never matched by e-mail."""

    issuer = models.CharField(max_length=255)
    subject = models.CharField(max_length=255)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="gatehouse_identities"
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "identities"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="identity_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} at {self.issuer}"


class FailureCount(models.Model):
    """How much of one budget is used. Key and owner are hashes: no address is kept here."""

    key = models.CharField(primary_key=True, max_length=64)
    owner = models.CharField(max_length=64, blank=True)  # of one address; empty: of a network
    started_at = models.BigIntegerField()
    count = models.PositiveIntegerField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["owner"], name="failures_of_owner")
        ]

    def __str__(self) -> str:
        return f"{self.key[:8]} {self.count}"
