"""What must happen to sessions when a user row changes, whoever changes it.

The admin, a command, the shell and a view all save or delete users; these receivers are the one
place that none of them can forget. (Bulk updates tell nobody; the revocation feed looks for
inactive users itself.)
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import F
from django.db.models.functions import Now
from django.db.models.signals import post_save, pre_delete, pre_save
from django.dispatch import receiver
from django.http import HttpRequest

from accounts import revocation, sessions, signals
from accounts.models import Session, User

RIGHTS = ("is_staff", "is_superuser")
# The row alone knows them: a copy that was read before the last change would undo it, and make its
# tokens and sessions good again.
COUNTERS = ("ver", "ver_raised_at", "endings")
WATCHED = {"is_active", "password", *RIGHTS}


@dataclass(frozen=True)
class Occasion:
    """What a flow of this package knows about a new password: its event, and who stays signed in.

    `User.occasion` holds it for one save. A password that is saved without one was set by code of
    the project: the shell, a command, a form.
    """

    kind: str = "password_changed"
    request: HttpRequest | None = None
    session: Session | None = None


@receiver(pre_save, sender=User)
def compare(sender: type[User], instance: User, update_fields: Any, **kwargs: Any) -> None:
    """Note, while the row is as it was, what this save changes."""
    instance.former = changes(instance, update_fields)  # type: ignore[attr-defined]
    if not is_new(instance):
        for name in counters_in(update_fields):
            setattr(instance, name, F(name))


@receiver(post_save, sender=User)
def raise_version(sender: type[User], instance: User, update_fields: Any, **kwargs: Any) -> None:
    """Raise `ver` after a change of role, in the same transaction: older tokens are stale."""
    moved = any(name in former(instance) for name in RIGHTS)
    if moved:
        User.objects.filter(pk=instance.pk).update(ver=F("ver") + 1, ver_raised_at=Now())
    if moved or counters_in(update_fields):
        instance.refresh_from_db(fields=COUNTERS)
    if moved:
        record("rights_changed", instance)
        revocation.announce()


@receiver(post_save, sender=User)
def end_sessions_of_inactive(sender: type[User], instance: User, created: bool, **kw: Any) -> None:
    """End the sessions after deactivation; reactivation revives none.

    Those that a bulk update left behind, which told nobody, end before they count again.
    """
    switched = "is_active" in former(instance)
    if instance.is_active:
        if switched:
            sessions.end_all_of(instance, "deactivated")
            record("reactivated", instance)
    elif not created and (sessions.end_all_of(instance, "deactivated") or switched):
        record("deactivated", instance)


@receiver(post_save, sender=User)
def end_sessions_of_old_password(sender: type[User], instance: User, **kwargs: Any) -> None:
    """End the sessions after a new password, but for the one in which it was set."""
    occasion = instance.__dict__.pop("occasion", Occasion())
    if "password" not in former(instance) or instance.is_renewing_hash:
        return
    session = occasion.session
    sessions.end_all_of(instance, occasion.kind, keep=session.id if session else "")
    record(occasion.kind, instance, occasion.request, session)


def counters_in(update_fields: Iterable[str] | None) -> list[str]:
    """Return the counters that a save names: all fields, or all that the copy was read with."""
    return [name for name in COUNTERS if update_fields is None or name in update_fields]


def is_new(user: User) -> bool:
    """Return whether saving makes the row. A copy from a file (loaddata) always takes itself for
    new."""
    return user._state.adding and not User.objects.filter(pk=user.pk).exists()


def changes(user: User, update_fields: Iterable[str] | None) -> dict[str, Any]:
    """Return the watched columns to which saving gives another value, with what the row has."""
    saved = WATCHED if update_fields is None else WATCHED & {*update_fields}
    if is_new(user) or not saved:
        return {}
    before = User.objects.filter(pk=user.pk).values(*saved).first() or {}
    return {name: value for name, value in before.items() if value != getattr(user, name)}


def former(user: User) -> dict[str, Any]:
    """Return what `compare` has noted."""
    noted: dict[str, Any] = user.former  # type: ignore[attr-defined]
    return noted


def record(
    kind: str, user: User, request: HttpRequest | None = None, session: Session | None = None
) -> None:
    """Write an event that names who saved the user, where they have said so (accounts.admin)."""
    by = getattr(user, "saved_by", "")
    signals.tell(kind, request, user=user, session=session, detail={"by": by} if by else {})


@receiver(pre_delete, sender=User)
def end_sessions_of_deleted(sender: type[User], instance: User, **kwargs: Any) -> None:
    """End first, delete later: the rows stay, without their user, for the revocation feed."""
    # Whoever signs in meanwhile waits, and finds nobody: a session begun now would be left live.
    User.objects.select_for_update().filter(pk=instance.pk).first()
    sessions.end_all_of(instance, "deleted")
    signals.tell("deleted", detail={"sub": instance.sub})
