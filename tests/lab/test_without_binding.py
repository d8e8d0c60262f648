"""The part of bound sessions can be taken out, and the lab is whole without its page."""

import shutil
from pathlib import Path

import pytest

from tests.lab.test_without import LEFT_OUT, run
from tests.servers import ROOT

LINES = {
    "project/urls.py": '    path("", include("accounts.binding.urls")),\n',
    "project/settings.py": '    "accounts.binding",\n',
}

SMOKE = """'Without bound sessions.'
import pytest
from lab.contents import PAGES
from tests.clients import BrowserClient
from tests.lab.clients import LabClient

def test_page_is_gone(db):
    'Neither host has it, and no page leads to it.'
    for client in (BrowserClient(), LabClient()):
        assert client.get("/learn/binding").status_code == 404
    for page in PAGES:
        for client in (BrowserClient(), LabClient()):
            answer = client.get(f"/learn/{page.slug}")
            assert answer.status_code in (200, 404)
            assert "/learn/binding" not in answer.text, page.slug
    assert "/learn/binding" not in BrowserClient().get("/learn").text

def test_other_experiments_run(db):
    'A session of the lab begins and is used.'
    client = LabClient()
    client.watch()
    first = client.post("/bank/refresh/start", {"run": "some-run-of-it"}).json()
    used = client.post("/bank/refresh/use", {"run": "some-run-of-it", "token": first["access"]})
    assert used.json()["status"] == 200
    assert client.post("/bank/binding/start", {"run": "some-run-of-it"}).status_code == 404

def test_sign_in_offers_nothing(db, alice, browser_client):
    'As without the lab.'
    answer = browser_client.sign_in(alice)
    assert answer.status_code == 200
    assert "Secure-Session-Registration" not in answer
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project without the part, as docs/binding.md says to leave it out."""
    folder = tmp_path_factory.mktemp("without") / "project"
    shutil.copytree(ROOT, folder, ignore=LEFT_OUT)
    for name, line in LINES.items():
        text = (folder / name).read_text(encoding="utf-8")
        assert text.count(line) == 1
        (folder / name).write_text(text.replace(line, ""), encoding="utf-8")
    (folder / "tests" / "test_without_binding.py").write_text(SMOKE, encoding="utf-8")
    return folder


def test_lab_without_bound_sessions_still_works(tree: Path) -> None:
    """Its other pages and experiments do, and no link leads nowhere."""
    done = run(
        tree, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_without_binding.py"
    )

    assert done.returncode == 0, done.stdout + done.stderr
