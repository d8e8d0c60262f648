"""tools/programs.py beside other programs that install, and `./run test` on machines of others.

A program of this file's own stands in for apt-get: it needs a lock, as that does.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import ROOT

APT_GET = f"""#!{sys.executable}
import fcntl, pathlib, sys
here = pathlib.Path(__file__).parent
calls = here / "calls"
with (here / "lock").open("a") as lock, calls.open("a") as log:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("held", file=log)
        sys.exit("E: Could not get lock /var/lib/apt/lists/lock. It is held by process 1 (apt-get)")
    print(*sys.argv[1:], file=log)
    if "install" in sys.argv and (here / "refuses").exists():
        sys.exit("E: Unable to locate package firefox-esr")
    for name in {{"caddy", "firefox-esr"}} & set(sys.argv):
        (here / name).write_text("#!/bin/sh\\n")
        (here / name).chmod(0o755)
"""


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """The only folder of programs of a machine that has none but apt-get."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "apt-get").write_text(APT_GET, encoding="utf-8")
    (folder / "apt-get").chmod(0o755)
    return folder


def start(machine: Path, *names: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tools.programs", *names],
        cwd=ROOT,
        env=os.environ | {"PATH": str(machine)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def calls(machine: Path) -> list[str]:
    file = machine / "calls"
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def installs(machine: Path) -> list[str]:
    return [call.partition("install")[2] for call in calls(machine) if "install" in call]


def test_processes_that_start_together_install_once(machine: Path) -> None:
    """Two test processes want the same browser: one installs it, the others wait and find it."""
    processes = [start(machine, "firefox", "caddy") for _ in range(4)]

    outcomes = [(*process.communicate(timeout=60), process.returncode) for process in processes]

    assert [code for *_, code in outcomes] == [0] * 4, outcomes
    assert installs(machine) == [" --no-install-recommends firefox-esr caddy"]
    assert "held" not in calls(machine)


def test_lock_of_another_program_is_waited_for(machine: Path) -> None:
    """The machine's own updates hold the package manager for minutes after it has started."""
    holding = f"import fcntl; lock = open({str(machine / 'lock')!r}, 'a'); fcntl.flock(lock, 2);"
    with subprocess.Popen(
        [sys.executable, "-c", f"{holding} print('holds', flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout and other.stdout.readline() == "holds\n"
        process = start(machine, "firefox")
        assert process.stdout
        said = [process.stdout.readline(), process.stdout.readline()]
        assert set(calls(machine)) == {"held"}
        other.communicate("\n")

    assert "another program" in said[1]
    assert process.communicate(timeout=60)[1] == ""
    assert process.returncode == 0
    assert len(installs(machine)) == 1


def test_program_that_cannot_be_installed_is_named_in_one_line(machine: Path) -> None:
    """Which program, what to do about it, and what the package manager said."""
    (machine / "refuses").touch()
    process = start(machine, "firefox")

    _, complaint = process.communicate(timeout=60)

    assert process.returncode == 1
    assert complaint.splitlines() == [
        "The tests need Firefox. As root: apt-get install firefox-esr "
        "(E: Unable to locate package firefox-esr)"
    ]


def test_machine_without_apt_is_told_the_same(machine: Path) -> None:
    """Another system has these programs too, from elsewhere."""
    (machine / "apt-get").unlink()
    process = start(machine, "caddy")

    _, complaint = process.communicate(timeout=60)

    assert process.returncode == 1
    assert complaint.splitlines() == [
        "The tests need Caddy. As root: apt-get install caddy (there is no apt-get)"
    ]


TELL = """
import json, os, pathlib, sys, time
def test_tell():
    told = {"variables": dict(os.environ), "path": sys.path, "zone": time.tzname}
    told["written"] = pathlib.Path(os.environ["HOME"], "probe").write_text("x")
    pathlib.Path("told.json").write_text(json.dumps(told))
"""

STRAY = {
    "DJANGO_SETTINGS_MODULE": "somebody.settings",
    "GATEHOUSE_MODE": "production",
    "GATEHOUSE_TYPO": "1",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "LANG": "tr_TR.ISO-8859-9",
    "LC_ALL": "tr_TR",
    "PGOPTIONS": "-c search_path=nowhere",
    "PIP_TARGET": "/proc/nowhere",
    "PIP_INDEX_URL": "https://registry.example/simple",
    "PLAYWRIGHT_NODEJS_PATH": "/nowhere/node",
    "PWDEBUG": "1",
    "PYTEST_ADDOPTS": "--no-such-option",
    "PYTHONPATH": "/nowhere/modules",
    "PYTHONWARNINGS": "error",
    "TZ": "Pacific/Kiritimati",
    "UV_SYSTEM_PYTHON": "1",
}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with `./run`, the environment of this one, and a test that tells what it sees."""
    folder = tmp_path / "clone"
    folder.mkdir()
    for name in ("run", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(ROOT / name, folder)
    (folder / ".venv").symlink_to(sys.prefix)
    (folder / "test_tell.py").write_text(TELL, encoding="utf-8")
    return folder


@pytest.mark.parametrize("home", ["/proc/nowhere", "", None])
def test_tests_do_not_see_what_the_machine_is_set_to(clone: Path, home: str | None) -> None:
    """Neither its locale, time zone and home, nor variables that are meant for other programs."""
    stray = STRAY if home is None else STRAY | {"HOME": home}
    kept = {"GATEHOUSE_TEST_BROWSER": "firefox", "PATH": os.environ["PATH"]}

    done = subprocess.run(
        ["./run", "test", "-q", "-p", "no:cacheprovider", "test_tell.py"],
        cwd=clone,
        env=stray | kept,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads((clone / "told.json").read_text(encoding="utf-8"))
    seen = told["variables"]
    assert {name: seen[name] for name in kept} == kept
    assert seen["PIP_INDEX_URL"] == STRAY["PIP_INDEX_URL"]
    assert "127.0.0.1" in seen["NO_PROXY"].split(",")
    assert told["zone"] == ["UTC", "UTC"]
    gone = set(STRAY) - {"HTTPS_PROXY", "LC_ALL", "PIP_INDEX_URL", "TZ"}
    assert gone.isdisjoint(seen)
    assert "/nowhere/modules" not in told["path"]


def test_second_run_waits_until_the_first_has_set_up(clone: Path) -> None:
    """Two at once would build one virtual environment over the other."""
    command = ["./run", "test", "-q", "-p", "no:cacheprovider", "test_tell.py"]
    with subprocess.Popen(
        ["flock", "run", sys.executable, "-c", "print('holds', flush=True); input()"],
        cwd=clone,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as first:
        assert first.stdout and first.stdout.readline() == "holds\n"
        second = subprocess.Popen(command, cwd=clone, stdout=subprocess.PIPE, text=True)
        assert second.stdout and "waiting" in second.stdout.readline()
        assert not (clone / "told.json").exists()
        first.communicate("\n")

    assert second.communicate(timeout=60)
    assert second.returncode == 0
