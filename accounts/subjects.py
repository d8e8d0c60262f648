"""Read what this package needs to know of a user, whichever `AUTH_USER_MODEL` the project has.

People sign in by the model's `USERNAME_FIELD`. Tokens know them by the `sub` of a row beside
theirs (`Subject`), which is made when it is first needed. The user model itself stays as it is.
"""

import unicodedata
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Q, QuerySet
from django.utils.module_loading import import_string

from .conf import conf
from .errors import InvalidCredentials
from .evidence import ONE
from .models import Subject


def rows() -> QuerySet[Any]:
    """Return everybody's rows, also those that the model's default manager leaves out."""
    return get_user_model()._base_manager.all()


def name_field() -> Any:
    """Return the field by whose value people sign in."""
    return get_user_model()._meta.get_field(get_user_model().USERNAME_FIELD)


def normalised(name: str) -> str:
    """Return a name that somebody typed as the user model spells it."""
    return get_user_model().normalize_username(name)


def folded(name: str) -> str:
    """Return what budgets of this name are kept under, however it is typed.

    A model may find people without regard to case. Guesses at each spelling count together then.
    """
    return lower(normalised(name))


def composed(text: str) -> str:
    """Return the text with each letter and its marks as one character where there is one (NFC).

    For passwords too: keyboards differ in what they send for é (NIST SP 800-63B-4 section 3.1.1.2).
    """
    return unicodedata.normalize("NFC", text)


def lower(text: str) -> str:
    """Return the text composed (NFC) and in lower case, without mapping a letter to another.

    A letter stays as it is unless the upper case of its lower case is that letter again. So İ
    (U+0130) does not become an i, nor ẞ (U+1E9E) an ß, whose upper case is SS.
    """
    lowered = (low if low.upper() == c else c for c in composed(text) for low in [c.lower()])
    return composed("".join(lowered))


def find(name: str) -> Any:
    """Return the user of this name, as Django's own backend would find them, or None."""
    model = get_user_model()
    try:
        return model._default_manager.get_by_natural_key(normalised(name))
    except model.DoesNotExist:
        return None


def with_sub(sub: str) -> Any:
    """Return the user whom tokens call `sub`, or None. The row comes with its `Subject`."""
    found = rows().select_related("gatehouse_subject").filter(gatehouse_subject__sub=sub)
    return found.first()


def lock_unchanged(user: AbstractBaseUser) -> Any:
    """Lock the user's row until the transaction ends, and return it as it is now.

    Raise InvalidCredentials if the user is no longer as they were when their credentials were
    checked.
    """
    found = rows().select_related("gatehouse_subject").select_for_update(of=("self",))
    unchanged = found.filter(active(), pk=user.pk, password=user.password).first()
    if unchanged is None:
        raise InvalidCredentials("the user changed while the credentials were checked")
    return unchanged


def lock(pk: Any) -> Any:
    """Lock the user's row until the transaction ends, and return it as it is now.

    Raise InvalidCredentials if the user is gone.
    """
    user = rows().select_for_update().filter(pk=pk).first()
    if user is None:
        raise InvalidCredentials("the user is gone")
    return user


def has_field(name: str) -> bool:
    """Return whether the user model has a column of this name."""
    return any(field.attname == name for field in get_user_model()._meta.concrete_fields)


def active(path: str = "") -> Q:
    """Return the condition that a user is active: `path` leads to the user, as in "user__".

    Everybody is where the model has no such column.
    """
    return Q(**{f"{path}is_active": True}) if has_field("is_active") else Q()


def inactive() -> Q:
    """Return the condition that a user is inactive: nobody is without such a column."""
    return Q(is_active=False) if has_field("is_active") else Q(pk__isnull=True)


def known(user: AbstractBaseUser) -> Subject | None:
    """Return the user's subject, or None if there is none yet."""
    try:
        found: Subject = user.gatehouse_subject  # type: ignore[attr-defined]  # on models of users
    except Subject.DoesNotExist:
        return None
    return found


def of(user: AbstractBaseUser) -> Subject:
    """Return the user's subject. It is made if there is none yet.

    It is as old as `user` where that was read with it. Whoever issues a token reads them together,
    or the subject first: rights may then be newer than `ver`, but never older.
    """
    found = known(user)
    if found is None:
        found, _ = Subject.objects.get_or_create(user_id=user.pk)
        found.user = user  # type: ignore[assignment]  # the user knows it from now on
    return found


def forget(user: AbstractBaseUser) -> None:
    """Have the user's subject read again when it is next asked for."""
    user._state.fields_cache.pop("gatehouse_subject", None)


# The one scope of whoever must have a second factor and has proven none.
ENROL = "enrol"


def scopes_of(user: AbstractBaseUser, *, acr: str, bound: bool = False) -> list[str]:
    """Return what an access token of this user may do. Called whenever one is issued.

    `acr` is how strong the session's sign-in was. It is all that is asked: who had a second factor
    would have proven it. `bound` is whether it is for a browser's session that is bound to its
    device.
    """
    if acr == ONE and must_have_second_factor(user):
        return [ENROL]
    scopes = conf.scopes
    everyones = import_string(scopes)(user) if isinstance(scopes, str) else scopes
    is_staff = getattr(user, "is_staff", False) and (bound or not conf.require_binding)
    return [*everyones, *(conf.staff_scopes if is_staff else ())]


def must_have_second_factor(user: AbstractBaseUser) -> bool:
    """Return whether the setting SECOND_FACTOR asks one of this user."""
    wanted = conf.second_factor
    return wanted == "everyone" or (wanted == "staff" and bool(getattr(user, "is_staff", False)))


def must_be_bound(user: Any) -> bool:
    """Return whether the setting REQUIRE_BINDING asks this user for a bound session."""
    return conf.require_binding and bool(getattr(user, "is_staff", False))


def describe(user: AbstractBaseUser) -> dict[str, Any]:
    """Return what the page is told of its user: `id`, and what the setting USER makes of them."""
    told = import_string(conf.user)(user) if conf.user else default_description(user)
    return {"id": of(user).sub, **told}


def default_description(user: Any) -> dict[str, Any]:
    """Return what a page is told where the project says nothing else."""
    email_field, name_field = user.get_email_field_name(), user.USERNAME_FIELD
    full_name = getattr(user, "get_full_name", str)
    return {
        "email": email_of(user),
        "name": user.name if has_field("name") else full_name(),
        "is_staff": getattr(user, "is_staff", False),
        **({} if name_field == email_field else {"username": user.get_username()}),
    }


def email_of(user: AbstractBaseUser) -> str:
    """Return the user's address, or an empty text."""
    return getattr(user, user.get_email_field_name(), "") or ""
