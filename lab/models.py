"""Bench and Entry: what the lab keeps for one browser, for an hour. Room, Pupil and Prediction:
what a class keeps until the next one.

Nothing here is shared between browsers, so one learner's experiment never shows up in another's.
The teacher sees how often each prediction was made, and not by whom.
"""

from typing import Any

from django.db import models
from django.db.models.functions import Now

from accounts.models import opaque_id


class Bench(models.Model):
    """One browser's place in the lab. The `id` stands in a cookie; the `tag` may stand in a URL."""

    id = models.CharField(primary_key=True, max_length=32, default=opaque_id)
    tag = models.CharField(max_length=32, unique=True, default=opaque_id)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(db_index=True)
    # Not a foreign key: without the lab's code nothing may hold on to a user's row.
    person_sub = models.CharField(max_length=32, blank=True)
    password = models.CharField(max_length=128, blank=True)
    # What a forged request could move; changed by F() expressions alone.
    balance = models.IntegerField(default=100)
    # Whatever else an experiment remembers, by its name.
    state: Any = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.tag


class Entry(models.Model):
    """One thing that the server saw, for the page to show beside what script could see."""

    bench = models.ForeignKey(Bench, on_delete=models.CASCADE, related_name="entries")
    at = models.DateTimeField(db_default=Now())
    kind = models.CharField(max_length=16)
    request_id = models.CharField(max_length=32, blank=True)
    data: Any = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Held(models.Model):
    """A lab token that the server keeps for an experiment: a thief's loot, or one that script
    names by its handle and never sees. Ends with its bench."""

    handle = models.CharField(primary_key=True, max_length=32, default=opaque_id)
    bench = models.ForeignKey(Bench, on_delete=models.CASCADE, related_name="held")
    at = models.DateTimeField(db_default=Now())
    kind = models.CharField(max_length=16)
    run = models.CharField(max_length=32)
    text = models.TextField()

    def __str__(self) -> str:
        return f"{self.kind} {self.handle}"


class Room(models.Model):
    """A class, of which there is one. `code` lets pupils in. `teacher` is the hash of a secret."""

    code = models.CharField(max_length=16)
    teacher = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"room {self.pk}"


class Pupil(models.Model):
    """One pupil's browser in a class. The `id` stands in a cookie. The `name` is random."""

    id = models.CharField(primary_key=True, max_length=32, default=opaque_id)
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="pupils")
    name = models.CharField(max_length=40, unique=True)

    def __str__(self) -> str:
        return self.name

    @property
    def mail_domain(self) -> str:
        """Every address in this domain is the pupil's, and nobody's elsewhere (RFC 2606)."""
        return f"{self.name.lower().replace(' ', '-')}.class.test"


class Prediction(models.Model):
    """What a pupil expects of an experiment: the last choice before it ran."""

    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="predictions")
    experiment = models.CharField(max_length=40)
    answer = models.CharField(max_length=40)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["pupil", "experiment"], name="one_prediction"),
        )

    def __str__(self) -> str:
        return f"{self.experiment}: {self.answer}"
