"""The tables of this package in a project whose user model is still another one."""

import json
import subprocess
import sys
from functools import cache
from typing import Any

from tests.servers import ROOT

# What docs/migrate.md begins with: `accounts` beside Django's users, with nothing else set.
SCRIPT = """
import json
import django
from django.conf import settings

settings.configure(
    SECRET_KEY="x" * 50,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "accounts"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
)
django.setup()

from django.apps import apps
from django.contrib.auth.models import Group, User
from django.core.checks import Tags, run_checks
from django.core.management import call_command
from django.db import connection

call_command("migrate", verbosity=0, skip_checks=True)
old = User.objects.create_user("old")
old.groups.add(Group.objects.create(name="editors"))
with connection.cursor() as cursor:
    relations = {
        model.__name__: connection.introspection.get_relations(cursor, model._meta.db_table)
        for model in apps.get_app_config("accounts").get_models(include_auto_created=True)
    }
print(json.dumps({
    "refer": {name: found["user_id"][1] for name, found in relations.items() if "user_id" in found},
    "groups": [group.name for group in old.groups.all()],
    "members": [user.username for group in Group.objects.all() for user in group.user_set.all()],
    "findings": [message.id for message in run_checks(tags=[Tags.models])],
}))
"""


@cache
def told() -> dict[str, Any]:
    """What a process with that user model finds."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, env={}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_our_tables_refer_to_our_own_people() -> None:
    """Whoever is made after the move exists in the new table alone, and must be able to sign in."""
    ours = ["Session", "SecurityEvent", "LinkToken", "Identity", "User_groups"]

    assert told()["refer"] == dict.fromkeys([*ours, "User_user_permissions"], "accounts_user")


def test_groups_of_the_running_site_stay_its_own() -> None:
    """Two models under one name from the other side, and the old one's groups were empty."""
    assert told()["groups"] == ["editors"]
    assert told()["members"] == ["old"]


def test_nothing_clashes_with_the_other_model() -> None:
    """`manage.py check` has no finding about models, so none has to be silenced."""
    assert told()["findings"] == []
