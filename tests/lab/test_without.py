"""The lab can be taken out: without its folder and one line of project/urls.py the app is whole."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import ROOT

LINE = '    path("", include("lab.urls")),\n'
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "var", "node_modules", "__pycache__", "test-results", ".*_cache", ".coverage*"
)

# What must still work: pages, sign-in, API, the other hosts, and no way to the lab.
SMOKE = """'Without the lab.'
import pytest
from tests.clients import BrowserClient

@pytest.mark.parametrize("path", ["/", "/login", "/notes", "/account", "/healthz"])
def test_page(db, path):
    'Each is there, and none leads to the lab.'
    answer = BrowserClient().get(path)
    assert answer.status_code == 200
    assert "/learn" not in answer.text.replace("/learning", "")

def test_session(alice, browser_client):
    'From sign-in to sign-out.'
    assert browser_client.sign_in(alice).status_code == 200
    assert browser_client.get("/api/me").status_code == 200
    assert browser_client.post("/auth/refresh").status_code == 200
    assert browser_client.get("/learn").status_code == 404
    assert browser_client.post("/auth/logout").status_code == 204

def test_other_host(db):
    'It still leads to the app.'
    answer = BrowserClient().get("/notes", SERVER_NAME="127.0.0.1")
    assert answer.status_code == 404
    assert "http://localhost/notes" in answer.text
"""

FACTORS = {
    "settings.py": '    "accounts.factors",\n',
    "urls.py": '    path("", include("accounts.factors.urls")),\n',
}

# The lab as it is then: its other pages, and no phishing page, not even a link to one.
LAB_SMOKE = """'The lab without the second factor.'
import pytest
from lab.contents import PAGES
from tests.clients import BrowserClient
from tests.lab.clients import LabClient

@pytest.mark.parametrize("slug", ["", *(f"/{page.slug}" for page in PAGES)])
def test_page(db, slug):
    'Each is there, and none leads to the page that is not.'
    answer = BrowserClient().get(f"/learn{slug}")
    assert answer.status_code == 200
    assert "phishing" not in answer.text

@pytest.mark.parametrize("host", ["localhost", "app.demo.localhost", "evil.demo.localhost"])
@pytest.mark.parametrize("path", ["/learn/phishing", "/phishing", "/phishing/relay"])
def test_no_phishing(db, host, path):
    'Neither page nor relay.'
    assert BrowserClient().get(path, SERVER_NAME=host).status_code == 404

def test_experiment(db):
    'Alice still signs in.'
    assert LabClient().sign_in_alice().status_code == 200
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project without the lab's folder; its templates, scripts and tests are still there."""
    folder = tmp_path_factory.mktemp("without") / "project"
    shutil.copytree(ROOT, folder, ignore=LEFT_OUT)
    shutil.rmtree(folder / "lab")
    urls = folder / "project" / "urls.py"
    text = urls.read_text(encoding="utf-8")
    assert text.count(LINE) == 1
    urls.write_text(text.replace(LINE, ""), encoding="utf-8")
    (folder / "tests" / "test_without_the_lab.py").write_text(SMOKE, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def without_factors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with the lab, and without the part that passkeys and codes are in."""
    folder = tmp_path_factory.mktemp("without-factors") / "project"
    shutil.copytree(ROOT, folder, ignore=LEFT_OUT)
    for name, line in FACTORS.items():
        file = folder / "project" / name
        text = file.read_text(encoding="utf-8")
        assert text.count(line) == 1
        file.write_text(text.replace(line, ""), encoding="utf-8")
    (folder / "tests" / "test_lab_without_factors.py").write_text(LAB_SMOKE, encoding="utf-8")
    return folder


def run(tree: Path, *command: str, **env: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **{
            n: v
            for n, v in os.environ.items()
            if not n.startswith(("GATEHOUSE", "DJANGO", "PYTEST"))
        },
        "GATEHOUSE_MODE": "demo",
        "GATEHOUSE_DATA_DIR": str(tree.parent / "data"),
        **env,
    }
    return subprocess.run(
        [sys.executable, *command], cwd=tree, env=environment, capture_output=True, text=True
    )


def test_project_without_the_lab_passes_its_checks(tree: Path) -> None:
    """No setting, migration or URL still asks for it."""
    # Which runs the system checks first.
    done = run(tree, "manage.py", "makemigrations", "--check", "--dry-run")

    assert done.returncode == 0, done.stdout + done.stderr


def test_project_without_the_lab_keeps_its_import_contracts(tree: Path) -> None:
    """Those that speak of the lab have nothing left to say, and do not fail for it."""
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [program, "--no-cache"], cwd=tree, check=False, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_tests_of_the_project_without_the_lab_can_be_collected(tree: Path) -> None:
    """No test but the lab's own asks for it; those are no longer there."""
    done = run(tree, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--collect-only", "tests")

    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert "tests/lab/" not in done.stdout
    assert "tests/core/test_jose.py" in done.stdout


def test_project_without_the_lab_still_works(tree: Path) -> None:
    """Pages, sign-in, API, refresh and sign-out, under the project's own tests' settings."""
    done = run(
        tree, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_without_the_lab.py"
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_lab_without_the_second_factor_works_without_its_phishing_page(
    without_factors: Path,
) -> None:
    """The page and its endpoints are gone, and everything else is there."""
    tests = "tests/test_lab_without_factors.py"
    done = run(without_factors, "-m", "pytest", "-q", "-p", "no:cacheprovider", tests)

    assert done.returncode == 0, done.stdout + done.stderr
