"""Find the programs that tests start on this machine, or install them by apt-get, or ask for them.

`python -m tools.programs NAME ...` does so for several before the tests begin. A machine that lacks
one fails the tests: a skipped test would look passed.
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

# How long another program may hold a lock of the package manager.
PATIENCE_SECONDS = 600
HELD = re.compile(r"could not get lock|locked by another process", re.IGNORECASE)


class MissingError(Exception):
    """Raised if a program could not be installed. The text is one line for people."""


class Program(NamedTuple):
    """What people call it, Debian's package, and the names under which it may be installed."""

    title: str
    package: str
    names: tuple[str, ...]


PROGRAMS = {
    "caddy": Program("Caddy", "caddy", ("caddy",)),
    "chromium": Program(
        "Chromium",
        # Without windows: the whole browser draws its toolbar in each, which takes three times as
        # long as the pages.
        "chromium-headless-shell",
        (
            "chromium-headless-shell",
            "chromium",
            "chromium-browser",
            "google-chrome",
            "google-chrome-stable",
        ),
    ),
    # With windows: the one without them knows no Device Bound Session Credentials.
    "whole-chromium": Program(
        "Chromium with windows",
        "chromium",
        ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
    ),
    "curl": Program("curl", "curl", ("curl",)),
    "firefox": Program("Firefox", "firefox-esr", ("firefox-esr", "firefox")),
    "jq": Program("jq", "jq", ("jq",)),
    "nginx": Program("nginx", "nginx", ("nginx", "/usr/sbin/nginx")),
    "node": Program("Node.js", "nodejs", ("node", "nodejs")),
    "npm": Program("npm", "npm", ("npm",)),
    "systemd-analyze": Program("systemd-analyze", "systemd", ("systemd-analyze",)),
}


def find(name: str) -> str | None:
    """Return the path of the program, or None."""
    return next(filter(None, map(shutil.which, PROGRAMS[name].names)), None)


def ensure(name: str) -> str:
    """Return the path of the program, installed first if need be. Raise `MissingError`."""
    ensure_all(name)
    return str(find(name))


def ensure_all(*names: str) -> None:
    """Install those that are missing, all at once. Raise `MissingError` if that fails."""
    if all(map(find, names)):
        return
    with alone():
        missing = [PROGRAMS[name] for name in names if not find(name)]
        if not missing:  # another process was first
            return
        titles = ", ".join(program.title for program in missing)
        packages = " ".join(program.package for program in missing)
        print(f"Installing {titles} ...", flush=True)
        complaint = install(packages.split())
        if not all(map(find, names)):
            raise MissingError(
                f"The tests need {titles}. As root: apt-get install {packages} ({complaint})"
            )


@contextmanager
def alone() -> Iterator[None]:
    """Let one process of this clone install at a time. The others wait here."""
    with Path(__file__).open("rb") as file:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def install(packages: list[str]) -> str:
    """Install Debian's packages. Return what apt-get complained of."""
    if not shutil.which("apt-get"):
        return "there is no apt-get"
    # Lists of other sources may be out of reach: the package may be known all the same.
    complaints = apt_get("update") + apt_get("install", "--no-install-recommends", *packages)
    return complaints[-1] if complaints else "apt-get did not complain"


def apt_get(*arguments: str) -> list[str]:
    """Run apt-get, again while another program holds one of its locks. Return its errors."""
    command = ["apt-get", "-qq", "-y", "-o", f"DPkg::Lock::Timeout={PATIENCE_SECONDS}", *arguments]
    plain = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    deadline = time.monotonic() + PATIENCE_SECONDS
    waiting = False
    while True:
        done = subprocess.run(
            command,
            check=False,
            env=plain,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if not done.returncode:
            return []
        # DPkg::Lock::Timeout does not cover the lock of the lists.
        if not HELD.search(done.stderr) or time.monotonic() > deadline:
            return [line for line in done.stderr.splitlines() if line.startswith("E:")]
        if not waiting:
            waiting = True
            print("Waiting for another program that installs packages ...", flush=True)
        time.sleep(1)


if __name__ == "__main__":
    try:
        ensure_all(*sys.argv[1:])
    except MissingError as missing:
        sys.exit(str(missing))
