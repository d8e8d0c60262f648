"""manage.py move_foreign_keys: constraints that were made for another table of users."""

import copy
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, models
from django.test.utils import isolate_apps

from accounts.audit.models import SecurityEvent
from accounts.users.models import User

pytestmark = pytest.mark.django_db(transaction=True)

# One of our own tables, one of Django's, and the table between people and groups.
MOVED = {
    "gatehouse_audit.SecurityEvent.user": SecurityEvent,
    "gatehouse_users.User_groups.user": User.groups.through,
    "admin.LogEntry.user": LogEntry,
}


def run() -> str:
    out = StringIO()
    call_command("move_foreign_keys", stdout=out)
    return out.getvalue()


def referred(model: Any) -> str:
    """The table to which the model's foreign key to a user refers in the database."""
    with connection.cursor() as cursor:
        relations = connection.introspection.get_relations(cursor, model._meta.db_table)
    return relations["user_id"][1]


@pytest.fixture
def old_table() -> Iterator[type[models.Model]]:
    """A table of users of before, to which some foreign keys refer until the test is over."""
    with isolate_apps("accounts.users"):

        class Before(models.Model):
            """Somebody in the user model that the project had."""

            class Meta:
                app_label = "gatehouse_users"
                db_table = "people_before"

            def __str__(self) -> str:
                return str(self.pk)

    with connection.schema_editor() as editor:
        editor.create_model(Before)
    point(MOVED.values(), Before)
    yield Before
    for model in MOVED.values():
        model.objects.all().delete()
    run()
    with connection.schema_editor() as editor:
        editor.delete_model(Before)


def point(those: Any, target: type[models.Model]) -> None:
    """Have the foreign keys to users of these models refer to another model's table."""
    for model in those:
        field = model._meta.get_field("user")
        loose, other = copy.copy(field), copy.copy(field)
        loose.db_constraint = False
        other.remote_field = copy.copy(field.remote_field)
        other.remote_field.model = target
        for kept in ("related_fields", "foreign_related_fields", "path_infos", "related_model"):
            other.__dict__.pop(kept, None)
        with connection.schema_editor() as editor:
            editor.alter_field(model, field, loose)
            editor.alter_field(model, loose, other)


def test_new_person_fits_after_the_move(old_table: type[models.Model]) -> None:
    """Before, whoever the old table does not have has no rows anywhere."""
    dora = User.objects.create_user("dora@example.com")
    with pytest.raises(IntegrityError):
        SecurityEvent.objects.create(kind="signed_in", user=dora)

    said = run()

    assert {line.removeprefix("moved ") for line in said.splitlines()[:-1]} == set(MOVED)
    assert {referred(model) for model in MOVED.values()} == {"gatehouse_users_user"}
    SecurityEvent.objects.create(kind="signed_in", user=dora)
    assert run() == "moved 0 foreign keys\n"


def test_moved_key_still_refuses_what_is_nobody(old_table: type[models.Model]) -> None:
    """The constraint is made anew, not dropped, and the rows stay."""
    dora = User.objects.create_user("dora@example.com")
    old_table.objects.create(id=dora.pk)
    kept = SecurityEvent.objects.create(kind="signed_in", user=dora)

    run()

    assert SecurityEvent.objects.get() == kept
    with pytest.raises(IntegrityError):
        SecurityEvent.objects.create(kind="signed_in", user_id=dora.pk + 1)


def test_column_that_was_named_after_the_old_model_is_renamed(
    old_table: type[models.Model],
) -> None:
    """Django names the columns of many-to-many tables after their models; the rows stay."""
    dora = User.objects.create_user("dora@example.com")
    old_table.objects.create(id=dora.pk)
    dora.groups.add(Group.objects.create(name="readers"))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE gatehouse_users_user_groups RENAME COLUMN user_id TO before_id")

    assert "moved gatehouse_users.User_groups.user\n" in run()

    assert referred(User.groups.through) == "gatehouse_users_user"
    assert [group.name for group in dora.groups.all()] == ["readers"]
    dora.groups.clear()


def test_refusal_leaves_the_names_of_columns_too(old_table: type[models.Model]) -> None:
    """Nothing was changed means nothing: the old settings would still find their columns."""
    old_table.objects.create(id=101)
    SecurityEvent.objects.create(kind="signed_in", user_id=101)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE gatehouse_users_user_groups RENAME COLUMN user_id TO before_id")

    with pytest.raises(CommandError, match="SecurityEvent"):
        run()

    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE gatehouse_users_user_groups RENAME COLUMN before_id TO user_id")


def test_rows_of_people_who_were_left_out_are_named(old_table: type[models.Model]) -> None:
    """Nothing changes before somebody has decided about them; a long list is cut."""
    for number in range(101, 113):
        old_table.objects.create(id=number)
        SecurityEvent.objects.create(kind="signed_in", user_id=number)
    SecurityEvent.objects.create(kind="signed_in", user=None)

    with pytest.raises(CommandError) as refused:
        run()

    shown = ", ".join(str(number) for number in range(101, 111))
    assert f"gatehouse_audit.SecurityEvent.user: {shown}, ..." in str(refused.value)
    assert "admin.LogEntry" not in str(refused.value)
    assert {referred(model) for model in MOVED.values()} == {"people_before"}


def test_project_that_has_not_moved_yet_is_refused(settings: Any) -> None:
    """With the old model in force there is nothing to move to."""
    settings.AUTH_USER_MODEL = "auth.Group"

    with pytest.raises(CommandError, match=r"gatehouse_users\.User first"):
        run()
