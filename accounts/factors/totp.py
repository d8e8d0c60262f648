"""An authenticator app: codes of six digits that change every 30 seconds (RFC 6238).

A secret stands in the database encrypted by a key made of SECRET_KEY. Whoever has the database
alone can make no code. SECRET_KEY_FALLBACKS still decrypt, and `renew_totp_secrets` encrypts anew.
"""

import hmac
import time
from base64 import urlsafe_b64encode

import pyotp
import segno
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from ..conf import conf
from ..evidence import TWO, Evidence
from .models import Totp

STEP_SECONDS = 30

# How many steps an app's clock may be ahead or behind.
DRIFT = 1


# Wrong codes in a row, over any time (NIST SP 800-63B-4 section 3.2.2). Budgets alone would allow
# guesses for ever: with three codes good at a time, 180 an hour find one within a few months.
MOST_WRONG = 100


class WrongCodeError(Exception):
    """The code is wrong, too old, or was used before. The text is for the log."""


class LockedError(WrongCodeError):
    """There were too many wrong codes in a row. `just_now`: this one was the last allowed."""

    def __init__(self, *, just_now: bool) -> None:
        super().__init__("the app is locked")
        self.just_now = just_now


def begin(user: AbstractBaseUser) -> dict[str, str]:
    """Return a new secret, in the three forms that apps take. It counts once it is confirmed."""
    secret = pyotp.random_base32()
    Totp.objects.update_or_create(user_id=user.pk, defaults={"pending": encrypt(secret)})
    address = pyotp.TOTP(secret).provisioning_uri(name=user.get_username(), issuer_name=conf.name)
    picture = segno.make(address, error="m", micro=False)
    return {
        "secret": secret,
        "otpauth": address,
        # White behind it: phones do not read a dark picture.
        "qr": picture.svg_data_uri(scale=4, light="white"),
    }


def confirm(user: AbstractBaseUser, code: str) -> Evidence:
    """Use the pending secret from now on, as this code shows that an app has it.

    Raise WrongCodeError.
    """
    row = Totp.objects.filter(user_id=user.pk).exclude(pending="").first()
    if row is None:
        raise WrongCodeError("no secret waits")
    step = step_of(decrypt(row.pending), code)
    waiting = Totp.objects.filter(user_id=user.pk, pending=row.pending)
    done = waiting.update(
        secret=row.pending, pending="", confirmed_at=Now(), last_step=step, wrong_codes=0
    )
    if not done:
        raise WrongCodeError("another secret was asked for meanwhile")
    return EVIDENCE


def use(user: AbstractBaseUser, code: str) -> Evidence:
    """Return what a code of this person's app proves. Raise WrongCodeError, or LockedError.

    Call it only after a first factor was right, or strangers could lock the app.
    One conditional UPDATE decides who uses a code, so two requests with one code never both pass.
    """
    row = confirmed(user)
    if row is None:
        raise WrongCodeError("there is no app")
    secret = decrypt(row.secret)
    app = Totp.objects.filter(user_id=user.pk, secret=row.secret)
    wrong = _count_as_wrong(app)
    try:
        step = step_of(secret, code, after=row.last_step)
    except WrongCodeError as error:
        if wrong == MOST_WRONG:
            raise LockedError(just_now=True) from error
        raise
    if not app.filter(last_step__lt=step).update(last_step=step, wrong_codes=0):
        raise WrongCodeError("the code was used a moment ago")
    return EVIDENCE


def _count_as_wrong(app: QuerySet[Totp]) -> int:
    """Return how many wrong codes there were in a row, with this one. Raise LockedError.

    It counts as wrong before it is compared, so parallel guesses do not pass the limit together.
    The row stays locked between the two queries, so each guess gets a number of its own.
    """
    with transaction.atomic():
        if not app.filter(wrong_codes__lt=MOST_WRONG).update(wrong_codes=F("wrong_codes") + 1):
            raise LockedError(just_now=False)
        return app.values_list("wrong_codes", flat=True).get()


EVIDENCE = Evidence(how="totp", amr=("otp",), acr=TWO)


def confirmed(user: AbstractBaseUser) -> Totp | None:
    """Return the row of this person's app, or None if no app is confirmed."""
    return Totp.objects.filter(user_id=user.pk).exclude(secret="").first()


def is_locked(app: Totp) -> bool:
    """Return whether too many wrong codes in a row have locked the app."""
    return app.wrong_codes >= MOST_WRONG


def step_of(secret: str, code: str, *, after: int = 0) -> int:
    """Return the step whose code this is, of those that are near and later than `after`.

    Raise WrongCodeError if there is none.
    """
    typed = "".join(code.split()).encode("utf-8", "replace")
    app = pyotp.TOTP(secret)
    now = int(time.time()) // STEP_SECONDS
    found = 0
    for step in range(now - DRIFT, now + DRIFT + 1):
        if hmac.compare_digest(app.generate_otp(step).encode(), typed) and step > after:
            found = step
    if not found:
        raise WrongCodeError("wrong, too old, or used before")
    return found


def encrypt(secret: str) -> str:
    """Return what the database keeps of a secret."""
    return _box().encrypt(secret.encode()).decode()


def decrypt(kept: str) -> str:
    """Return the secret. Raise WrongCodeError if none of the keys there are has encrypted it."""
    try:
        return _box().decrypt(kept).decode()
    except InvalidToken as error:
        raise WrongCodeError("the secret is of a SECRET_KEY that is gone") from error


def renewed(kept: str) -> str:
    """Return the same secret under the present SECRET_KEY. Raise InvalidToken as Fernet does."""
    return _box().rotate(kept).decode()


def _box() -> MultiFernet:
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet([Fernet(_derived(key)) for key in keys])


def _derived(key: str | bytes) -> bytes:
    raw = key if isinstance(key, bytes) else key.encode()
    made = HKDF(SHA256(), 32, salt=None, info=b"gatehouse.factors.totp").derive(raw)
    return urlsafe_b64encode(made)
