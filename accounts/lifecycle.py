"""What must happen to sessions when a user row changes, whoever changes it.

The admin, a command, the shell and a view all save or delete users; these receivers are the one
place that none of them can forget. (Bulk updates tell nobody; the revocation feed looks for
inactive users itself.)
"""

from typing import Any

from django.db.models.functions import Now
from django.db.models.signals import post_save, pre_delete, pre_save
from django.dispatch import receiver

from accounts import events, revocation, sessions
from accounts.models import User

RIGHTS = ("is_staff", "is_superuser")


@receiver(pre_save, sender=User)
def raise_version(sender: type[User], instance: User, update_fields: Any, **kwargs: Any) -> None:
    """A change of role makes older access tokens stale: `ver` rises."""
    touched = update_fields is None or not set(RIGHTS).isdisjoint(update_fields)
    if instance._state.adding or not touched:
        return
    before = User.objects.filter(pk=instance.pk).values(*RIGHTS).first()
    if before and any(before[name] != getattr(instance, name) for name in RIGHTS):
        instance.ver += 1
        User.objects.filter(pk=instance.pk).update(ver=instance.ver, ver_raised_at=Now())
        instance.refresh_from_db(fields=["ver_raised_at"])
        events.record("rights_changed", user=instance)
        revocation.announce()


@receiver(post_save, sender=User)
def end_sessions_of_inactive(sender: type[User], instance: User, created: bool, **kw: Any) -> None:
    """Deactivation ends the sessions; reactivation revives none."""
    if not created and not instance.is_active and sessions.end_all_of(instance, "deactivated"):
        events.record("deactivated", user=instance)


@receiver(pre_delete, sender=User)
def end_sessions_of_deleted(sender: type[User], instance: User, **kwargs: Any) -> None:
    """End first, delete later: the rows stay, without their user, for the revocation feed."""
    sessions.end_all_of(instance, "deleted")
    events.record("deleted", detail={"sub": instance.sub})
