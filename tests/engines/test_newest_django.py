"""The installed package on the newest Python and Django: no deprecated call, and its mails."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.engines import generated, newest
from tests.engines.adopting import Project
from tests.engines.people import Visitor


def project_of(folder: Path, more: str = "", urls: str = "") -> Project:
    """Write a project that runs in that environment."""
    project = Project(folder, new=True)
    (folder / ".venv").symlink_to(newest.FOLDER)
    generated.write(project, "gatehouse", more, urls)
    return project


@pytest.fixture(scope="module")
def version() -> tuple[int, ...]:
    """The Django there."""
    code = "import django; print(*django.VERSION[:2])"
    printed = subprocess.run([newest.PYTHON, "-c", code], check=True, capture_output=True).stdout
    return tuple(map(int, printed.split()))


def test_interpreter_runs_the_newest_django_that_fits(version: tuple[int, ...]) -> None:
    """Python 3.12 and later have 6.1 or later, as far as the package allows."""
    code = "import sys; print(sys.version_info >= (3, 12))"
    printed = subprocess.run([newest.PYTHON, "-c", code], check=True, capture_output=True).stdout

    assert version >= ((6, 1) if printed.strip() == b"True" else (5, 2))


def test_person_signs_in_and_out(tmp_path: Path) -> None:
    """A deprecated call of ours would be a failure."""
    project = project_of(tmp_path)
    generated.add_person(project)

    with project.serve() as url:
        generated.walk_through(url)

    assert "No changes detected" in project.run("python manage.py makemigrations --check")


# The core's tests that ask Django most: requests, cookies, forms of refusal, locks, users.
ASKING = (
    "cookies",
    "csrf",
    "login",
    "logout",
    "lost_races",
    "refresh",
    "request_user",
    "sessions_race",
)


def test_core_passes_its_own_tests(tmp_path: Path) -> None:
    """They came with the wheel, and run on the project's settings."""
    project = project_of(tmp_path)
    files = " ".join(f"gatehouse.tests.test_{name}" for name in ASKING)

    project.run(
        "DJANGO_SETTINGS_MODULE=mysite.settings PYTHONPATH=$PWD"
        f" python -m pytest --pyargs {files} -q -p no:cacheprovider"
    )


@pytest.mark.parametrize("form", ["mailers", "old"])
def test_mail_is_sent_by_either_kind_of_settings(
    form: str, version: tuple[int, ...], tmp_path: Path
) -> None:
    """By `MAILERS`, where Django has them, and by `EMAIL_BACKEND`."""
    has_mailers = form == "mailers" and version >= (6, 1)
    mail = generated.MAILERS if has_mailers else generated.OLD_MAIL_SETTINGS
    more = generated.PEOPLE_SETTINGS.format(package="gatehouse") + mail
    project = project_of(tmp_path, more, generated.PEOPLE_URLS.format(package="gatehouse"))

    with project.serve() as url:
        visitor = Visitor(url)
        visitor.send("GET", "/auth/session")
        assert visitor.send("POST", "/auth/register", {"email": "ada@example.com"}).is_success
        visitor.close()
        generated.wait_for_mail(tmp_path / "mail")


def test_interpreter_that_does_not_run_is_passed_over(tmp_path: Path) -> None:
    """Version managers put names on the path that lead to no interpreter."""
    shim = tmp_path / "python3.14"
    shim.write_text("#!/bin/sh\necho not installed >&2\nexit 127\n")
    shim.chmod(0o755)

    assert not newest.runs(str(shim))
    assert not newest.runs(str(tmp_path / "nowhere"))
    assert newest.runs(sys.executable)
