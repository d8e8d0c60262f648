"""Make every foreign key to a person refer to the table of our user model (docs/migrate.md).

For a project that had another user model. Its own tables and those of other apps (the
administration's log, API keys) were made with constraints on the old table, which the change of
`AUTH_USER_MODEL` does not touch: a row of a new person would violate them.
"""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.models import ForeignKey, Model, QuerySet

from ...models import User

# How many ids of missing people a line shows.
SHOWN = 10


class Command(BaseCommand):
    help = (
        f"After a move to {User._meta.label}: make each foreign key that still refers to the old "
        "table of users refer to the new one. Changes all of them or, where a row names somebody "
        "whom the new table does not have, none. Safe to repeat. Stop the servers first."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if get_user_model() is not User:
            raise CommandError(f"Set AUTH_USER_MODEL to {User._meta.label} first.")
        with connection.schema_editor() as editor:  # a transaction: all of it or nothing
            found = list(outdated())
            for one in found:
                if one.column != one.field.column:
                    editor.alter_field(one.model, one.without_constraint(one.column), one.loose)
            missing = [f"{one}: {ids}" for one in found if (ids := one.people_missing())]
            if missing:
                raise CommandError(
                    "Nothing was changed. These rows name people who are not in "
                    f"{User._meta.db_table}; add the people, or change or delete the rows:\n"
                    + "\n".join(missing)
                )
            for one in found:
                # Without the constraint, then with it: Django makes it anew, on either engine.
                editor.alter_field(one.model, one.field, one.loose)
                editor.alter_field(one.model, one.loose, one.field)
        for one in found:
            self.stdout.write(f"moved {one}")
        self.stdout.write(f"moved {len(found)} foreign keys")


@dataclass(frozen=True)
class Outdated:
    """A foreign key to users that refers to another table, and its column in the database."""

    model: type[Model]
    field: "ForeignKey[Any, Any]"
    column: str

    def __str__(self) -> str:
        return f"{self.model._meta.label}.{self.field.name}"

    @property
    def loose(self) -> "ForeignKey[Any, Any]":
        """Return the field without its constraint."""
        return self.without_constraint(self.field.column)

    def without_constraint(self, column: str) -> "ForeignKey[Any, Any]":
        field = copy.copy(self.field)
        field.db_constraint = False  # type: ignore[attr-defined]
        field.column = column
        return field

    def people_missing(self) -> str:
        """Return the values that no row of `User` has: the first few, as text."""
        known: QuerySet[User, Any] = User.objects.values(self.field.target_field.attname)
        column = self.field.attname
        rows = self.model._base_manager.exclude(**{f"{column}__in": known})
        rows = rows.exclude(**{column: None}).order_by(column)
        values = rows.values_list(column, flat=True).distinct()[: SHOWN + 1]
        texts = [str(value) for value in values]
        return ", ".join([*texts[:SHOWN], "..."] if len(texts) > SHOWN else texts)


def outdated() -> Iterator[Outdated]:
    """Yield each foreign key to users whose constraint in the database names another table."""
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            relations = connection.introspection.get_relations(cursor, model._meta.db_table)
            for field in model._meta.local_fields:
                if isinstance(field, ForeignKey) and field.related_model is User:
                    column = column_of(field, model, relations)
                    if column and relations[column][1] != User._meta.db_table:
                        yield Outdated(model, field, column)


def column_of(
    field: "ForeignKey[Any, Any]", model: type[Model], relations: Mapping[str, Any]
) -> str:
    """Return the column of the field's constraint in the database, or an empty text.

    The tables that Django makes for many-to-many relations name it after the model that it was
    made for: `person_id` becomes `user_id`.
    """
    if field.column in relations:
        return field.column
    known = {other.column for other in model._meta.local_fields}
    strange = [column for column in relations if column not in known]
    return strange[0] if model._meta.auto_created and len(strange) == 1 else ""
