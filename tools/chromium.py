"""Finds a Chromium for the browser tests, installs Debian's when there is none, or says what to do.

Order: E2E_CHROMIUM, the browser that Playwright itself has installed, the system's. A machine
without any fails the tests: a skipped browser test would look like a passed one.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALL = ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]


def find(playwrights_own: str) -> str | None:
    """The program to start, or None."""
    named = os.environ.get("E2E_CHROMIUM")
    if named:
        return shutil.which(named)
    if Path(playwrights_own).exists():
        return playwrights_own
    return next(filter(None, map(shutil.which, NAMES)), None)


def ensure(playwrights_own: str) -> str:
    """The program to start; installed first if this is a Debian where that is possible."""
    if os.environ.get("E2E_CHROMIUM") and not find(playwrights_own):
        sys.exit(f"E2E_CHROMIUM={os.environ['E2E_CHROMIUM']} is not a program.")
    found = find(playwrights_own) or _apt_install(playwrights_own)
    if not found:
        sys.exit(f"The browser tests need Chromium: sudo {' '.join(INSTALL)}")
    return found


def _apt_install(playwrights_own: str) -> str | None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    print("Installing Chromium ...", flush=True)
    quiet = {
        "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        "stdin": subprocess.DEVNULL,
    }
    subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)
    subprocess.run([*INSTALL, "-qq"], check=False, stdout=subprocess.DEVNULL, **quiet)
    return find(playwrights_own)


def main() -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        print(ensure(playwright.chromium.executable_path))


if __name__ == "__main__":
    main()
