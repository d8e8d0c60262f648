"""Make every foreign key to a person refer to the table of `accounts.User` (docs/migrate.md).

For a project that had another user model. Its own tables and those of other apps (the
administration's log, API keys) were made with constraints on the old table, which the change of
`AUTH_USER_MODEL` does not touch: a row of a new person would violate them.
"""

import copy
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.models import ForeignKey, Model, QuerySet

from accounts.models import User

# How many ids of missing people a line shows.
SHOWN = 10

Found = tuple[type[Model], "ForeignKey[Any, Any]"]


class Command(BaseCommand):
    help = (
        "After a move to accounts.User: make each foreign key that still refers to the old table "
        "of users refer to the new one. Changes all of them or, where a row names somebody whom "
        "the new table does not have, none. Safe to repeat. Stop the servers first."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if get_user_model() is not User:
            raise CommandError("Set AUTH_USER_MODEL to accounts.User first.")
        found = list(outdated())
        missing = [f"{name(one)}: {ids}" for one in found if (ids := people_missing(one))]
        if missing:
            raise CommandError(
                "Nothing was changed. These rows name people who are not in "
                f"{User._meta.db_table}; add the people, or change or delete the rows:\n"
                + "\n".join(missing)
            )
        with connection.schema_editor() as editor:
            for model, field in found:
                # Without the constraint, then with it: Django makes it anew, on either engine.
                loose = copy.copy(field)
                loose.db_constraint = False  # type: ignore[attr-defined]
                editor.alter_field(model, field, loose)
                editor.alter_field(model, loose, field)
        for one in found:
            self.stdout.write(f"moved {name(one)}")
        self.stdout.write(f"moved {len(found)} foreign keys")


def outdated() -> Iterator[Found]:
    """Yield each foreign key to users whose constraint in the database names another table."""
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            relations = connection.introspection.get_relations(cursor, model._meta.db_table)
            for field in model._meta.local_fields:
                if isinstance(field, ForeignKey) and field.related_model is User:
                    target = relations.get(field.column)
                    if target is not None and target[1] != User._meta.db_table:
                        yield model, field


def people_missing(found: Found) -> str:
    """Return the values of this foreign key that no row of `User` has: the first few, as text."""
    model, field = found
    known: QuerySet[User, Any] = User.objects.values(field.target_field.attname)
    column = field.attname
    rows = model._base_manager.exclude(**{f"{column}__in": known}).exclude(**{column: None})
    values = rows.order_by(column).values_list(column, flat=True).distinct()[: SHOWN + 1]
    texts = [str(value) for value in values]
    return ", ".join([*texts[:SHOWN], "..."] if len(texts) > SHOWN else texts)


def name(found: Found) -> str:
    """Return `app.Model.field`, as error messages of Django name it."""
    model, field = found
    return f"{model._meta.label}.{field.name}"
