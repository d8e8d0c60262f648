"""End sessions or raise `ver` when a user's row changes, whoever changes it.

The admin, commands, the shell and views all save or delete users. None of them can forget these
receivers, which are connected for whichever user model the project has. Bulk updates send no
signal, so the revocation feed looks for inactive users itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.hashers import get_hasher, identify_hasher, is_password_usable
from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.db.models.signals import m2m_changed, post_save, pre_delete, pre_save
from django.dispatch import Signal
from django.http import HttpRequest

from .. import sessions, signals, subjects
from ..models import Session, Subject
from . import revocation

RIGHTS = ("is_staff", "is_superuser")
WATCHED = ("is_active", "password", *RIGHTS)
MEMBERSHIPS = ("groups", "user_permissions")

# Sent with `user` and `former`, the hash before, when a password that stays was hashed anew.
hash_renewed = Signal()


@dataclass(frozen=True)
class Occasion:
    """What a flow of this package knows about a new password: its event, and who stays signed in.

    `user.gatehouse_occasion` holds it for one save. A password that is saved without one was set
    by code of the project: the shell, a command, a form.
    """

    kind: str = "password_changed"
    request: HttpRequest | None = None
    session: Session | None = None


def connect() -> None:
    """Watch the project's user model, its proxies, and the models that derive from it."""
    users = [model for model in apps.get_models() if issubclass(model, get_user_model())]
    for model in users:
        pre_save.connect(note_changes, sender=model)
        for follow in (raise_version, end_sessions_of_inactive, end_sessions_of_old_password):
            post_save.connect(follow, sender=model)
    # Of a model that derives from it Django deletes the user's own row too, and says so.
    for model in [model for model in users if model._meta.concrete_model is get_user_model()]:
        pre_delete.connect(end_sessions_of_deleted, sender=model)
    memberships = [f for f in get_user_model()._meta.many_to_many if f.name in MEMBERSHIPS]
    for field in memberships:
        m2m_changed.connect(follow_membership, sender=field.remote_field.through)
    user_logged_in.connect(make_subject)


def make_subject(sender: type, user: AbstractBaseUser, **kwargs: Any) -> None:
    """Make the subject of whoever has a session of Django's, so that `endings` can end it."""
    subjects.of(user)


def note_changes(
    sender: type, instance: AbstractBaseUser, update_fields: Any, **kwargs: Any
) -> None:
    """Note, while the row is as it was, what this save changes."""
    instance.gatehouse_former = changes(instance, update_fields)  # type: ignore[attr-defined]


def raise_version(sender: type, instance: AbstractBaseUser, **kwargs: Any) -> None:
    """Raise `ver` after a change of role, so that older tokens are refused."""
    if any(name in former(instance) for name in RIGHTS):
        rights_changed(instance)


def follow_membership(
    sender: type, instance: Any, action: str, reverse: bool, pk_set: Any, **kwargs: Any
) -> None:
    """Raise `ver` of whoever joined or left a group, or got or lost a permission.

    What a token may do can depend on it (the setting SCOPES).
    """
    if action not in ("post_add", "post_remove", "pre_clear") or pk_set == set():
        return
    if not reverse:
        users = subjects.rows().filter(pk=instance.pk)
    elif pk_set is not None:
        users = subjects.rows().filter(pk__in=pk_set)
    else:  # all of them leave
        (path,) = (f.name for f in sender._meta.fields if f.related_model is get_user_model())  # type: ignore[attr-defined]
        (own,) = (f.name for f in sender._meta.fields if f.related_model is type(instance))  # type: ignore[attr-defined]
        members = sender._base_manager.filter(**{own: instance.pk})  # type: ignore[attr-defined]
        users = subjects.rows().filter(pk__in=members.values(path))
    # The lock is held until the end. A sign-in meanwhile comes first or finds the new rights.
    with transaction.atomic():
        for user in users.select_for_update():
            rights_changed(user)


def rights_changed(user: AbstractBaseUser) -> None:
    """Refuse the user's older access tokens from now on. A refresh brings the new rights."""
    raised = Subject.objects.filter(user_id=user.pk)
    raised.update(ver=F("ver") + 1, ver_raised_at=Now())
    subjects.forget(user)
    record("rights_changed", user)
    revocation.tell_other_processes()


def end_sessions_of_inactive(
    sender: type, instance: AbstractBaseUser, created: bool, **kwargs: Any
) -> None:
    """End the sessions after deactivation.

    Reactivation revives none. It ends those that a bulk update, which sends no signal, has left.
    """
    switched = "is_active" in former(instance)
    if instance.is_active:
        if switched:
            sessions.end_all_of(instance, "deactivated")
            record("reactivated", instance)
            revocation.tell_other_processes()  # the feed they have read knows them as inactive
    elif not created and (sessions.end_all_of(instance, "deactivated") or switched):
        record("deactivated", instance)


def end_sessions_of_old_password(
    sender: type, instance: AbstractBaseUser, update_fields: Any, **kwargs: Any
) -> None:
    """End the sessions after a new password, except the one in which it was set."""
    occasion: Occasion | None = instance.__dict__.pop("gatehouse_occasion", None)
    if "password" not in former(instance):
        return
    before = former(instance)["password"]
    if occasion is None and is_same_password(instance, before, update_fields):
        hash_renewed.send(sender, user=instance, former=before)
        return
    occasion = occasion or Occasion()
    session = occasion.session
    sessions.end_all_of(instance, occasion.kind, keep=session.id if session else "")
    record(occasion.kind, instance, occasion.request, session)


def is_same_password(user: AbstractBaseUser, before: str, update_fields: Any) -> bool:
    """Return whether this save is of the password that was there, hashed in another way.

    Django saves it so after a sign-in (`AbstractBaseUser.check_password`): this one column, a hash
    that was due for it, and no password left on the object that would be one to set.
    """
    renewable = is_password_usable(before) and is_password_usable(user.password)
    alone = set(update_fields or ()) == {"password"} and user._password is None  # type: ignore[attr-defined]
    return renewable and alone and is_outdated(before)


def is_outdated(encoded: str) -> bool:
    """Return whether Django would hash this password anew (`PASSWORD_HASHERS`)."""
    try:
        hasher = identify_hasher(encoded)
    except ValueError:  # of a hasher that is no longer there: no password fits it
        return False
    preferred = get_hasher()
    return hasher.algorithm != preferred.algorithm or preferred.must_update(encoded)


def changes(user: AbstractBaseUser, update_fields: Iterable[str] | None) -> dict[str, Any]:
    """Return the watched columns to which saving gives another value, with what the row has.

    It is empty if saving makes the row. The table is asked for that too, since a copy from a file
    (loaddata) always takes itself for new.
    """
    watched = {name for name in WATCHED if subjects.has_field(name)}
    saved = watched if update_fields is None else watched & {*update_fields}
    if not saved:
        return {}
    before = subjects.rows().filter(pk=user.pk).values(*saved).first() or {}
    return {name: value for name, value in before.items() if value != getattr(user, name)}


def former(user: AbstractBaseUser) -> dict[str, Any]:
    """Return what `note_changes` has noted."""
    noted: dict[str, Any] = user.gatehouse_former  # type: ignore[attr-defined]
    return noted


def record(
    kind: str,
    user: AbstractBaseUser,
    request: HttpRequest | None = None,
    session: Session | None = None,
) -> None:
    """Write an event that names who saved the user, where they have said so (staff.admin)."""
    by = getattr(user, "gatehouse_saved_by", "")
    signals.tell(kind, request, user=user, session=session, detail={"by": by} if by else {})


def end_sessions_of_deleted(sender: type, instance: AbstractBaseUser, **kwargs: Any) -> None:
    """End the user's sessions before the deletion. Their rows stay for the revocation feed."""
    # A sign-in at the same time waits for this lock, and finds nobody then. Without the lock its
    # session would be left live.
    subjects.rows().select_for_update().filter(pk=instance.pk).first()
    sessions.end_all_of(instance, "deleted")
    subject = subjects.known(instance)
    signals.tell("deleted", detail={"sub": subject.sub} if subject else {})
