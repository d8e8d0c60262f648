"""Which Chromium the browser tests start.

Order: E2E_CHROMIUM, the browser that Playwright itself has installed, the system's, Debian's.
"""

import os
import shutil
import sys
from pathlib import Path

from tools import debian

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def ensure(playwrights_own: str) -> str:
    """The program to start; an exit with one line if there is none and none can be installed."""
    named = os.environ.get("E2E_CHROMIUM")
    if named:
        return shutil.which(named) or sys.exit(f"E2E_CHROMIUM={named} is not a program.")
    if Path(playwrights_own).exists():
        return playwrights_own
    return debian.ensure("Chromium", "chromium", *NAMES)


def main() -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        print(ensure(playwright.chromium.executable_path))


if __name__ == "__main__":
    main()
