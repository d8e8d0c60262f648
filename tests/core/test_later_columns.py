"""Columns that came after their table, which a server of an older release does not know."""

from django.db.migrations import AddField
from django.db.migrations.loader import MigrationLoader
from django.db.models import NOT_PROVIDED


def test_column_that_came_later_has_a_default_in_the_database() -> None:
    """Until a reload the old code writes rows without it. A default of Python's does not help then."""
    loader = MigrationLoader(None)
    models = loader.project_state().models
    later = {
        (label, operation.model_name_lower, operation.name)
        for (label, _), migration in loader.disk_migrations.items()
        if label.startswith("gatehouse") or label in {"api", "lab"}
        if not migration.initial
        for operation in migration.operations
        if isinstance(operation, AddField)
    }
    needed = {
        (label, model, name)
        for (label, model), state in models.items()
        for name, field in state.fields.items()
        if not field.null and not field.many_to_many and field.db_default is NOT_PROVIDED
    }

    assert ("gatehouse", "session", "jkt") in later
    assert later & needed == set()
