"""Finds a program that tests need, installs Debian's package where it can, or says what to do.

A machine without the program fails the tests with one line: a skipped test would look passed.
"""

import os
import shutil
import subprocess
import sys


def find(*names: str) -> str | None:
    """The first of these programs that this machine has."""
    return next(filter(None, map(shutil.which, names)), None)


def ensure(what: str, package: str, *names: str) -> str:
    """The program; installed first if this is a Debian where that is possible, else an exit."""
    found = find(*names) or _install(what, package, names)
    if not found:
        sys.exit(f"These tests need {what}: sudo apt-get install -y {package}")
    return found


def _install(what: str, package: str, names: tuple[str, ...]) -> str | None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    print(f"Installing {what} ...", flush=True)
    apt = ["apt-get", "-qq", "-y", "--no-install-recommends"]
    quiet = {"DEBIAN_FRONTEND": "noninteractive", **os.environ}
    for arguments in (["update"], ["install", *package.split()]):
        subprocess.run(
            [*apt, *arguments],
            check=False,
            env=quiet,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
    return find(*names)
