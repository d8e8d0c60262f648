"""Define a user model for new projects, whose people sign in by their e-mail address."""

from collections.abc import Iterator
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Group, Permission, PermissionsMixin
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Now

from ..models import Subject
from ..subjects import composed
from .spelling import canonical_email, validate_mailable


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
        related_name="gatehouse_user_set",
        related_query_name="gatehouse_user",
    )
    user_permissions = models.ManyToManyField(  # type: ignore[assignment]  # the same
        Permission,
        blank=True,
        related_name="gatehouse_user_set",
        related_query_name="gatehouse_user",
    )

    class Meta:
        # Not that of the core, in whose folder this one stands.
        app_label = "gatehouse_users"
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
        """Save with all that follows from it (sessions.user_changes), or not at all."""
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
        """Return Django's own hash until sessions are ended.

        So the sessions that people had before they moved to this model go on.
        """
        subject = Subject.objects.filter(user_id=self.pk, endings__gt=0).first()
        return f"{auth_hash}.{subject.endings}" if subject else auth_hash
