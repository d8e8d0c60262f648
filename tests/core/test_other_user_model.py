"""The core beside any user model: Django's own, one with UUIDs, one with next to nothing."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.core import other_project
from tests.core.other_project import NAME
from tests.servers import ROOT

MODELS = {"stock": "auth.User", "uuid": "shop.Member", "bare": "shop.Guest"}
OWN = "'USER': 'shop.rights.person',"


@pytest.fixture(scope="module", params=MODELS)
def kind(request: Any) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def told(kind: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a process of a project with this user model found."""
    folder = tmp_path_factory.mktemp(kind)
    other_project.make(folder, MODELS[kind], OWN if kind == "bare" else "")
    return other_project.run(folder)


def test_another_model_breaks_no_rule(told: dict[str, Any]) -> None:
    """The parts that need our own model are left out. The hasher is the test's own."""
    assert [one for one in told["checks"] if one and one.startswith("gatehouse.")] == [
        "gatehouse.W002"
    ]
    assert told["no registration"] == 404


def test_model_stays_as_it_is(told: dict[str, Any], kind: str) -> None:
    """Our row stands beside, from the first sign-in on."""
    assert not {"sub", "ver", "ver_raised_at"} & set(told["columns"])
    assert told["before"] == 0
    assert told["deleted"] == [401, 0]


def test_people_sign_in_by_the_name_of_their_model(told: dict[str, Any], kind: str) -> None:
    """The body, its errors, and what the page is told have the model's own field."""
    field = "username" if kind == "stock" else "nickname"
    usual = {"email": "", "name": "", "is_staff": False, "username": NAME}
    person = {"called": NAME} if kind == "bare" else usual

    assert told["signed in"] == [200, {"id": told["sub"], **person}]
    assert told["session"] == told["sub"]
    assert (told["wrong"], told["unknown"]) == ("invalid_credentials", "invalid_credentials")
    assert told["missing"] == {field: ["This is missing."]}


def test_user_of_a_request_is_the_row(told: dict[str, Any]) -> None:
    """Its key is the project's, read with one query. It owns what it makes."""
    assert told["who"]["pk"] == told["pk"]
    assert told["queries of a row"] <= 4  # the session is confirmed, and the row is read
    assert told["order"] == [201, ["milk"]]


def test_permissions_of_a_group_count_at_once(told: dict[str, Any], kind: str) -> None:
    """In DjangoModelPermissions, and in the scopes of the tokens issued from then on."""
    if kind == "bare":
        assert told["who"]["scope"] == ["orders"]
        return
    assert told["may not"] == 403
    assert told["stale"] == [401, 401, 401]
    assert told["scope"] == ["orders", "packers"]
    assert told["may"] == 204


def test_session_goes_on_and_ends_as_everywhere(told: dict[str, Any]) -> None:
    """Devices, step-up, a program's tokens, the end of the others, sign-out."""
    assert True in told["devices"]
    assert told["step-up"] == 200
    assert told["bearer"] == [200, 200]
    assert (told["others"], told["bearer after"]) == (204, 401)
    assert told["sign-out"] == 204
    assert told["old cookie"] == [401, 401]


def test_new_password_ends_sessions_and_a_new_hash_does_not(told: dict[str, Any]) -> None:
    """Whoever sets it: here the project's own code."""
    assert told["renewed"] is True
    assert told["after renewal"] == [200, 200]
    assert told["new password"] == [401, 401]
    assert told["with it"] == 200


def test_inactive_people_are_signed_out(told: dict[str, Any], kind: str) -> None:
    """By a saved row and in bulk. Without such a column everybody is active."""
    if kind == "bare":
        assert "inactive" not in told
        return
    assert told["inactive in bulk"] == 401
    assert told["inactive"] == [401, "invalid_credentials"]
    assert "deactivated" in told["ended"]


SCRIPT = """
import django
from django.conf import settings

settings.configure(
    SECRET_KEY="x" * 50,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "accounts",
        "accounts.users"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
)
django.setup()

from django.contrib.auth.models import Group, User
from django.core.checks import Tags, run_checks
from django.core.management import call_command

call_command("migrate", verbosity=0, skip_checks=True)
old = User.objects.create_user("old")
old.groups.add(Group.objects.create(name="editors"))
assert [group.name for group in old.groups.all()] == ["editors"]
assert [user.username for group in Group.objects.all() for user in group.user_set.all()] == ["old"]
assert run_checks(tags=[Tags.models]) == [], run_checks(tags=[Tags.models])
"""


def test_groups_of_the_running_site_stay_its_own(tmp_path: Path) -> None:
    """Nothing clashes with the other model, so nothing has to be silenced."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
