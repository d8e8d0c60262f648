"""`python -m gatehouse diff`: what a copy has changed, and nothing else."""

import shutil
from pathlib import Path

import pytest

from accounts import VERSION
from accounts.__main__ import RELEASE, main


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy under another name."""
    made = tmp_path / "auth_core"
    shutil.copytree(RELEASE, made)
    return made


def test_fresh_copy_does_not_differ(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Caches, hidden files and the licence beside the code are no changes."""
    (copy / "__pycache__").mkdir(exist_ok=True)
    (copy / "__pycache__" / "conf.cpython-399.pyc").write_bytes(b"\xff")
    (copy / ".ropeproject").write_text("an editor's")
    (copy / "LICENSE").write_text("MIT")

    assert main(["diff", str(copy)]) == 0
    assert capsys.readouterr().out == ""


def test_changed_line_is_shown_with_its_file(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a unified diff from the release to the copy."""
    conf = copy / "conf.py"
    conf.write_text(conf.read_text().replace("LEEWAY_SECONDS = 5\n", "LEEWAY_SECONDS = 500\n"))

    assert main(["diff", str(copy)]) == 1
    printed = capsys.readouterr().out.splitlines()
    assert printed[:2] == [f"--- gatehouse-{VERSION}/conf.py", f"+++ {conf}"]
    changed = [line for line in printed[2:] if line[0] in "+-"]
    assert changed == ["-LEEWAY_SECONDS = 5", "+LEEWAY_SECONDS = 500"]


def test_missing_and_additional_files_are_shown(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each with all its lines, an empty one too."""
    (copy / "urls.py").unlink()
    (copy / "web" / "extra.py").write_text("SECRET = 1\n")
    (copy / "empty.py").write_text("")

    assert main(["diff", str(copy)]) == 1
    printed = capsys.readouterr().out.splitlines()
    assert "-urlpatterns = [" in printed
    assert "+SECRET = 1" in printed
    assert f"+++ {copy / 'empty.py'}" in printed


def test_line_endings_of_another_system_are_no_change(copy: Path) -> None:
    """Git may write them at a checkout."""
    conf = copy / "conf.py"
    conf.write_bytes(conf.read_bytes().replace(b"\n", b"\r\n"))

    assert main(["diff", str(copy)]) == 0


@pytest.mark.parametrize("name", ["nowhere", "."])
def test_path_without_a_copy_is_told_so(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """No folder, and a folder of something else: one sentence, and neither 0 nor 1."""
    assert main(["diff", str(tmp_path / name)]) == 2
    assert "There is no copy of gatehouse at" in capsys.readouterr().err


def test_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """The number of the release that runs."""
    assert main(["version"]) == 0
    assert capsys.readouterr().out == f"{VERSION}\n"


@pytest.mark.parametrize("arguments", [[], ["diff"], ["diff", "a", "b"], ["patch"]])
def test_wrong_call_is_told_what_there_is(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """On standard error, for a shell script to stop at."""
    assert main(arguments) == 2
    assert "gatehouse diff PATH" in capsys.readouterr().err
