"""Open and wipe a class, let pupils in, and say who asks.

A pupil is known by a cookie that joining sets, and signs in as anyone does, with an account that is
made for them. Addresses say little here: a room may be one address behind a router, or one for each
machine. So budgets count for each pupil, and joining alone counts for an address.
"""

import hashlib
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from rest_framework import serializers

from accounts import callers, sessions
from accounts.audit.models import SecurityEvent
from accounts.credentials import budgets, hashing
from accounts.models import FailureCount, Session
from accounts.users.models import User
from lab import benches, jar
from lab.models import Bench, Pupil, Room

PUPIL, TEACHER = f"__Host-Http-{jar.MARK}pupil", f"__Host-Http-{jar.MARK}teacher"
MOST_PUPILS = 120

# Without those that look alike on a projector.
LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
HOW = ("Brave", "Bright", "Calm", "Clever", "Curious", "Gentle", "Honest", "Jolly", "Keen", "Kind")
COLOURS = ("Amber", "Azure", "Coral", "Copper", "Golden", "Green", "Indigo", "Silver", "Violet")
WHO = ("Badger", "Beaver", "Crane", "Falcon", "Hamster", "Heron", "Lynx", "Otter", "Owl", "Raven")


def random_code(groups: int) -> str:
    """Return groups of four letters, each letter of nearly five bits."""
    parts = ("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(groups))
    return "-".join(parts)


def new(teacher_secret: str = "") -> Room:
    """Wipe everything, and open a room with another code.

    The teacher stays the same unless there is a new secret.
    """
    before = Room.objects.first()
    teacher = hashed(teacher_secret) if teacher_secret or before is None else before.teacher
    wipe()
    return Room.objects.create(code=random_code(2), teacher=teacher)


def wipe() -> None:
    """Forget the class: its people and all they did, benches, mails, predictions and counters.

    Sessions end first, for the revocation feed.
    """
    sessions.end(Session.objects.all(), "lab_over")
    for bench in Bench.objects.all():
        benches.clear(bench)
    # No mail goes to a name under .invalid: nobody is told that their account is gone.
    User.objects.update(email=Concat(Cast("pk", CharField()), Value("@class.invalid")))
    User.objects.all().delete()
    SecurityEvent.objects.all().delete()
    Room.objects.all().delete()
    FailureCount.objects.all().delete()
    for file in Path(settings.EMAIL_FILE_PATH).glob("*.log"):  # type: ignore[misc]  # project.mail
        file.unlink(missing_ok=True)


def join(request: HttpRequest, code: str) -> tuple[Pupil, User, str]:
    """Return a new pupil, the account made for them, and its password.

    Raise ValidationError if the code is wrong or the room is full, Unavailable while too many
    passwords are hashed, and Throttled after 300 wrong codes in ten minutes from one address. A
    code has 31**8 forms, and many share an address.
    """
    guesses = [budgets.Budget("class code", callers.network_of(request), 300, 600)]
    budgets.spend(guesses)
    room = Room.objects.first()
    given = "".join(letter for letter in code.upper() if letter in LETTERS)
    if room is None or not constant_time_compare(given, room.code.replace("-", "")):
        raise serializers.ValidationError({"code": "That is not the code of this class."})
    budgets.give_back(guesses)
    if room.pupils.count() >= MOST_PUPILS:
        raise serializers.ValidationError({"code": "This class is full."})
    password = random_code(3)
    with hashing.hashing_slot():
        stored = make_password(password)
    pupil = _named(room)
    address = f"me@{pupil.mail_domain}"
    user = User.objects.create(email=address, name=pupil.name, password=stored)
    return pupil, user, password


def _named(room: Room) -> Pupil:
    """Return a pupil with a name that nobody else in the room has."""
    while True:
        name = " ".join(secrets.choice(words) for words in (HOW, COLOURS, WHO))
        pupil, made = Pupil.objects.get_or_create(name=name, defaults={"room": room})
        if made:
            return pupil


def pupil_of(request: HttpRequest) -> Pupil | None:
    """Return the pupil whose browser this is."""
    pupil_id = jar.read(request, PUPIL)
    return Pupil.objects.filter(id=pupil_id[:32]).first() if pupil_id else None


def is_teacher(request: HttpRequest) -> bool:
    """Return whether the teacher's secret came in its cookie."""
    return knows_secret(jar.read(request, TEACHER))


def knows_secret(text: str) -> bool:
    """Return whether this is the teacher's secret."""
    room = Room.objects.first()
    return room is not None and constant_time_compare(hashed(text), room.teacher)


def hashed(text: str) -> str:
    """Return the SHA-256 of a secret that is long and random."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def remember(response: Any, name: str, value: str) -> None:
    """Set one of the two cookies, for an hour from now."""
    jar.put(response, name, value, jar.LONGEST_SECONDS, **jar.STRICT)
