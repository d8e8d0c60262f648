"""Choose the Chromium that the browser tests start.

The order is E2E_CHROMIUM, the browser that Playwright itself has installed, the system's, Debian's.
"""

import os
import shutil
import sys
from pathlib import Path

from tools import programs


def ensure(playwrights_own: str) -> str:
    """Return the program to start. Raise `programs.MissingError` if there is none to be had."""
    named = os.environ.get("E2E_CHROMIUM")
    if named:
        if found := shutil.which(named):
            return found
        raise programs.MissingError(f"E2E_CHROMIUM={named} is not a program.")
    if Path(playwrights_own).exists():
        return playwrights_own
    return programs.ensure("chromium")


def main() -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        try:
            print(ensure(playwright.chromium.executable_path))
        except programs.MissingError as missing:
            sys.exit(str(missing))


if __name__ == "__main__":
    main()
