"""Installed from its wheel or copied under another name, beside an app called `accounts`."""

import shutil
from pathlib import Path

import httpx
import pytest

from accounts import VERSION
from tests.engines import generated
from tests.engines.adopting import Project
from tests.servers import ROOT


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose environment has the wheel."""
    project = Project(tmp_path_factory.mktemp("installed"), new=True)
    built = generated.wheel(tmp_path_factory.mktemp("wheel"))
    generated.environment_with(built, project.folder)
    generated.write(project, "gatehouse")
    return project


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that holds the package as `mysite.auth_core`."""
    project = Project(tmp_path_factory.mktemp("copied"), new=True)
    project.run(f"mkdir mysite; cp -R {ROOT}/accounts mysite/auth_core")
    generated.write(project, "mysite.auth_core")
    return project


@pytest.mark.parametrize("form", ["installed", "copied"])
def test_person_signs_in_beside_an_app_called_accounts(
    form: str, request: pytest.FixtureRequest
) -> None:
    """The project's own `accounts` and its user model stay. Both apps have their tables."""
    project: Project = request.getfixturevalue(form)
    generated.add_person(project)

    with project.serve() as url:
        generated.walk_through(url)

    kept = "from accounts.models import Account; print(Account.objects.get().owner.username)"
    assert project.python(kept).strip() == "Ada"


@pytest.mark.parametrize("form", ["installed", "copied"])
def test_check_names_no_error_and_no_missing_migration(
    form: str, request: pytest.FixtureRequest
) -> None:
    """What the package brings fits its models under each name."""
    project: Project = request.getfixturevalue(form)

    assert "System check identified" in project.run("python manage.py check")
    assert "No changes detected" in project.run("python manage.py makemigrations --check")


def test_scripts_of_the_page_are_served(installed: Project) -> None:
    """They are the package's static files."""
    with installed.serve() as url:
        for script in (ROOT / "accounts" / "static" / "gatehouse").iterdir():
            served = httpx.get(f"{url}/static/gatehouse/{script.name}").text

            assert served == script.read_text(encoding="utf-8")


def test_copy_is_compared_with_the_installed_release(installed: Project, tmp_path: Path) -> None:
    """Nothing for a fresh copy, the line for a changed one, and one sentence for a wrong path."""
    copy = tmp_path / "auth_core"
    shutil.copytree(ROOT / "accounts", copy)
    assert installed.run("python -m gatehouse version").strip() == VERSION
    assert installed.run(f"python -m gatehouse diff {copy}") == ""

    (copy / "conf.py").write_text((copy / "conf.py").read_text().replace("= 5\n", "= 500\n"))

    changed = installed.run(f"python -m gatehouse diff {copy} || echo ended with $?")
    assert "+LEEWAY_SECONDS = 500" in changed
    assert changed.endswith("ended with 1\n")
    wrong = installed.run(f"python -m gatehouse diff {tmp_path} || echo ended with $?")
    assert wrong == (
        f"ended with 2\nThere is no copy of gatehouse at {tmp_path}: name its folder.\n"
    )
