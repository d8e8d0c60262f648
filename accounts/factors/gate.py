"""Answer the core: what a sign-in still needs, and what a code or a passkey proves.

A new factor is a module beside `totp`, and is named here, in `urls` and in `views`.
Also what changes a person's factors. Each change is an event and a mail, in the transaction that
makes it.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from .. import callers, sessions, signals, subjects
from ..credentials import budgets
from ..errors import EnrolmentRequired, FactorLocked, InvalidCredentials
from ..evidence import ONE, Evidence
from ..models import Session
from ..web.bodies import moment
from . import passkeys, recovery, totp
from .models import Passkey, RecoveryCode, Totp

signals.KINDS |= {
    "second_factor_failed": "A wrong code or passkey was used",
    "second_factor_guessed": "Many wrong codes were entered",
    "passkey_added": "A passkey was added",
    "passkey_renamed": "A passkey was renamed",
    "passkey_removed": "A passkey was removed",
    "passkey_cloned": "A copy of a passkey was used",
    "totp_added": "An authenticator app was added",
    "totp_removed": "The authenticator app was removed",
    "totp_locked": "The authenticator app was locked after too many wrong codes",
    "recovery_codes_made": "New recovery codes were made",
    "recovery_code_used": "A recovery code was used",
    "factors_removed": "The second factor was removed by staff",
}
signals.ALARMS |= {"passkey_cloned", "totp_locked"}
signals.MAILED |= {
    "second_factor_guessed": "somebody who knows your password has entered wrong codes, again and "
    "again. If that was not you, change your password.",
    "passkey_added": "a passkey was added to your account. It can sign in without the password.",
    "passkey_renamed": "a passkey of your account was given another name.",
    "passkey_removed": "a passkey was removed from your account.",
    "passkey_cloned": "somebody used what looks like a copy of one of your passkeys. It was "
    "refused. Remove that passkey, and add a new one.",
    "totp_added": "an authenticator app was added to your account.",
    "totp_removed": "the authenticator app was removed from your account.",
    "totp_locked": "somebody who knows your password, or was signed in as you, has entered 100 "
    "wrong codes in a row. No code of your authenticator app is taken any more. Sign in with a "
    "passkey or a recovery code, and set the app up again. Without either, ask the people who run "
    "this service.",
    "recovery_codes_made": "new recovery codes were made for your account. The old ones have "
    "ended.",
    "recovery_code_used": "one of your recovery codes was used to sign in. It works only once.",
    "factors_removed": "the people who run this service removed the passkeys, the authenticator "
    "app and the recovery codes of your account. The password alone signs in until you set up new "
    "ones.",
}


def methods(user: AbstractBaseUser) -> list[str]:
    """Return with what this person can complete a sign-in: nothing if they have no factor."""
    found = []
    if Passkey.objects.filter(user_id=user.pk).exists():
        found.append("passkey")
    if totp.confirmed(user) is not None:
        found.append("totp")
    if found and recovery.left(user).exists():
        found.append("recovery")
    return found


@receiver(signals.lacking)
def missing(
    sender: None, user: AbstractBaseUser, evidence: Sequence[Evidence], **kwargs: Any
) -> list[str]:
    """Return what could complete this evidence, or nothing if it is enough.

    Raise InvalidCredentials if a passkey was removed since it was used.
    """
    for one in evidence:
        kind, _, key = one.credential.partition(":")
        if kind == "passkey" and not Passkey.objects.filter(pk=key, user_id=user.pk).exists():
            raise InvalidCredentials("the passkey was removed a moment ago")
    if any(one.acr != ONE for one in evidence):
        return []
    return methods(user)


@receiver(signals.proving)
def prove(
    sender: None,
    *,
    request: HttpRequest,
    user: AbstractBaseUser,
    given: dict[str, Any],
    **kwargs: Any,
) -> Evidence:
    """Return what is proven by a code or a passkey.

    Raise InvalidCredentials, FactorLocked or Throttled.

    Wrong ones count as wrong passwords do.
    """
    if "credential" in given:
        # Nobody guesses a signature. So wrong passwords of a stranger do not refuse a passkey.
        limits = passkey_budgets(request)
    else:
        limits = budgets.sign_in_budgets(request, user.get_username())
    used_up = budgets.spend(limits)
    try:
        found = checked(request, user, given)
    except (InvalidCredentials, FactorLocked):
        signals.tell("second_factor_failed", request, user=user)
        if used_up:
            signals.tell("throttled", request, user=user, detail={"budgets": used_up})
            if "credential" not in given:
                signals.tell("second_factor_guessed", request, user=user)
        raise
    budgets.give_back(limits)
    return found


def passkey_budgets(request: HttpRequest) -> list[budgets.Budget]:
    """Return the budgets for bad answers of passkeys: they are counted for the network alone."""
    return [budgets.Budget("passkey network", callers.network_of(request), 100, 600)]


def checked(request: HttpRequest, user: AbstractBaseUser, given: dict[str, Any]) -> Evidence:
    """Return what is proven. Raise InvalidCredentials or FactorLocked."""
    if "credential" in given:
        passkey = use_passkey(request, given["credential"])
        if passkey.user_id != user.pk:
            raise InvalidCredentials("the passkey is somebody else's")
        return passkeys.evidence(passkey)
    if "code" in given:
        try:
            return totp.use(user, given["code"])
        except totp.LockedError as error:
            if error.just_now:
                signals.tell("totp_locked", request, user=user)
            raise FactorLocked(str(error)) from error
        except totp.WrongCodeError as error:
            raise InvalidCredentials(str(error)) from error
    return by_recovery_code(request, user, given["recovery_code"])


def by_recovery_code(request: HttpRequest, user: AbstractBaseUser, code: str) -> Evidence:
    """Return what a recovery code proves. Raise InvalidCredentials if it is none, or was used.

    The code is used up with the start of the session, so one that leads to none is not lost.
    """
    if not recovery.is_left(user, code):
        raise InvalidCredentials("no recovery code, or a used one")

    def use_up() -> None:
        if not recovery.use(user, code):
            raise InvalidCredentials("the recovery code was used a moment ago")
        signals.tell("recovery_code_used", request, user=user)

    return replace(recovery.EVIDENCE, use_up=use_up)


def use_passkey(request: HttpRequest, given: dict[str, Any]) -> Passkey:
    """Return the passkey that answered. Raise InvalidCredentials.

    The refusal of one that nobody has says so. Its browser may then forget it, and nobody guesses
    an id to learn whether somebody has it.
    """
    try:
        return passkeys.use(given)
    except passkeys.ClonedError as error:
        detail = {"passkey": error.passkey.name}
        signals.tell("passkey_cloned", request, user=error.passkey.user, detail=detail)
        raise InvalidCredentials(str(error)) from error
    except passkeys.RefusedError as error:
        refusal = InvalidCredentials(str(error))
        if isinstance(error, passkeys.UnknownError):
            refusal.members["unknown_credential"] = True
        raise refusal from error


def added(
    request: HttpRequest, session: Session, evidence: Evidence, kind: str, **detail: Any
) -> None:
    """Tell of a new factor, and have the session count as one that has just proven it.

    Runs in the transaction that adds it, under the lock of the user (`subjects.lock`).
    """
    user: Any = session.user
    sessions.forget_step_ups(user, keep=session.id)
    sessions.reauthenticated(session, [evidence])
    signals.tell(kind, request, user=user, session=session, detail=detail)


def check_not_last(user: AbstractBaseUser, *, passkey: str = "", app: bool = False) -> None:
    """Raise EnrolmentRequired if this is the last factor of somebody who must have one.

    Without the last factor the recovery codes are of no use, and go too. No session can show two
    factors again, so none says any more that it did.
    """
    others = Passkey.objects.filter(user_id=user.pk).exclude(pk=passkey).exists()
    if others or (not app and totp.confirmed(user) is not None):
        return
    if subjects.must_have_second_factor(user):
        raise EnrolmentRequired("it is the last one")
    RecoveryCode.objects.filter(user_id=user.pk).delete()
    sessions.forget_second_factors(user)


def end_sessions_of(passkey: Passkey) -> None:
    """End the sessions that began with this passkey, alone or beside something else."""
    name = passkeys.name_of(passkey)
    began = Session.objects.filter(user_id=passkey.user_id, credential__contains=name)
    sessions.end(began, "passkey_removed")


def remove_passkey(request: HttpRequest, session: Session, passkey: Passkey) -> None:
    """Remove a passkey, and end the sessions that began with it. Raise EnrolmentRequired."""
    user: Any = session.user
    with transaction.atomic():
        subjects.lock(user.pk)
        check_not_last(user, passkey=passkey.pk)
        passkey_name = passkey.name
        end_sessions_of(passkey)
        sessions.forget_step_ups(user, keep=session.id)
        passkey.delete()
        detail = {"passkey": passkey_name}
        signals.tell("passkey_removed", request, user=user, session=session, detail=detail)


def remove_totp(request: HttpRequest, session: Session) -> None:
    """Remove the authenticator app, if there is one. Raise EnrolmentRequired."""
    user: Any = session.user
    with transaction.atomic():
        subjects.lock(user.pk)
        if totp.confirmed(user) is None:
            return
        check_not_last(user, app=True)
        sessions.forget_step_ups(user, keep=session.id)
        Totp.objects.filter(user_id=user.pk).delete()
        signals.tell("totp_removed", request, user=user, session=session)


def remove_all(request: HttpRequest, user: AbstractBaseUser, *, by: str) -> bool:
    """Remove every factor of a person who has lost them, and end their sessions.

    Return whether there was one.
    `by` is the `sub` of whoever does it.
    """
    with transaction.atomic():
        subjects.lock(user.pk)
        if not methods(user):
            return False
        Passkey.objects.filter(user_id=user.pk).delete()
        Totp.objects.filter(user_id=user.pk).delete()
        RecoveryCode.objects.filter(user_id=user.pk).delete()
        # Whoever has the lost device may be signed in.
        sessions.end_all_of(user, "factors_removed")
        signals.tell("factors_removed", request, user=user, detail={"by": by})
    return True


@receiver(signals.exporting)
def export(sender: None, user: AbstractBaseUser, **kwargs: Any) -> dict[str, Any]:
    """Return a person's factors, for the copy of all their data."""
    return {"factors": described(user)}


def described(user: AbstractBaseUser) -> dict[str, Any]:
    """Return what there is, as its owner sees it."""
    app = totp.confirmed(user)
    rows = Passkey.objects.filter(user_id=user.pk).order_by("created_at", "pk")
    at = app.confirmed_at if app else None
    return {
        "passkeys": [passkey_json(row) for row in rows],
        "totp": {"confirmed_at": moment(at), "locked": totp.is_locked(app)} if app and at else None,
        "recovery_codes_left": recovery.left(user).count(),
    }


def passkey_json(passkey: Passkey) -> dict[str, Any]:
    """Return one passkey as its owner sees it. Its id is the one that browsers know."""
    used = passkey.last_used_at
    return {
        "id": passkey.credential_id,
        "name": passkey.name,
        "created_at": moment(passkey.created_at),
        "last_used_at": moment(used) if used else None,
        "synced": passkey.backed_up,
    }
