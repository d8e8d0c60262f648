"""What must happen to sessions when a user row changes, whoever changes it.

The admin, a command, the shell and a view all save or delete users; these receivers are the one
place that none of them can forget. (Bulk updates tell nobody; the revocation feed looks for
inactive users itself.)
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import F
from django.db.models.functions import Now
from django.db.models.signals import post_save, pre_delete, pre_save
from django.dispatch import receiver

from accounts import events, revocation, sessions
from accounts.models import User

RIGHTS = ("is_staff", "is_superuser")


@receiver(pre_save, sender=User)
def compare(sender: type[User], instance: User, update_fields: Any, **kwargs: Any) -> None:
    """Notes, while the row is as it was, what this save changes."""
    instance.switched = changes(instance, ["is_active"], update_fields)  # type: ignore[attr-defined]
    instance.moved = changes(instance, RIGHTS, update_fields)  # type: ignore[attr-defined]
    if not is_new(instance) and writes_version(update_fields):
        # The row's own: a copy read before the last change would make its tokens good again.
        instance.ver, instance.ver_raised_at = F("ver"), F("ver_raised_at")


@receiver(post_save, sender=User)
def raise_version(sender: type[User], instance: User, update_fields: Any, **kwargs: Any) -> None:
    """A change of role makes older access tokens stale: `ver` rises, in the same transaction."""
    moved = instance.moved  # type: ignore[attr-defined]
    if moved:
        User.objects.filter(pk=instance.pk).update(ver=F("ver") + 1, ver_raised_at=Now())
    if moved or writes_version(update_fields):
        instance.refresh_from_db(fields=["ver", "ver_raised_at"])
    if moved:
        record("rights_changed", instance)
        revocation.announce()


@receiver(post_save, sender=User)
def end_sessions_of_inactive(sender: type[User], instance: User, created: bool, **kw: Any) -> None:
    """Deactivation ends the sessions; reactivation revives none."""
    switched = instance.switched  # type: ignore[attr-defined]
    if instance.is_active:
        if switched:
            record("reactivated", instance)
    elif not created and (sessions.end_all_of(instance, "deactivated") or switched):
        record("deactivated", instance)


def writes_version(update_fields: Iterable[str] | None) -> bool:
    """Whether a save names `ver`: all fields, or all that the copy was read with."""
    return update_fields is None or "ver" in update_fields


def is_new(user: User) -> bool:
    """Whether saving makes the row. A copy from a file (loaddata) takes itself for new, always."""
    return user._state.adding and not User.objects.filter(pk=user.pk).exists()


def changes(user: User, columns: Iterable[str], update_fields: Iterable[str] | None) -> bool:
    """Whether saving this user gives one of these columns another value than its row has."""
    saved = set(columns) if update_fields is None else {*columns} & {*update_fields}
    if is_new(user) or not saved:
        return False
    before = User.objects.filter(pk=user.pk).values(*saved).first()
    return bool(before) and any(before[name] != getattr(user, name) for name in saved)


def record(kind: str, user: User) -> None:
    """An event that names who saved the user, where the saver has said so (accounts.admin)."""
    by = getattr(user, "saved_by", "")
    events.record(kind, user=user, detail={"by": by} if by else {})


@receiver(pre_delete, sender=User)
def end_sessions_of_deleted(sender: type[User], instance: User, **kwargs: Any) -> None:
    """End first, delete later: the rows stay, without their user, for the revocation feed."""
    # Whoever signs in meanwhile waits, and finds nobody: a session begun now would be left live.
    User.objects.select_for_update().filter(pk=instance.pk).first()
    sessions.end_all_of(instance, "deleted")
    events.record("deleted", detail={"sub": instance.sub})
