"""A file that a page gives to the person, as it arrives on disk."""

import threading
import time
from pathlib import Path

from playwright.sync_api import Locator

WITHIN_SECONDS = 20


def press(button: Locator, folder: Path) -> Path:
    """Presses what starts a download; the file that it leaves in the browser's `folder`.

    Looks at the folder, since Playwright hears of no download in Firefox; Chromium's files have
    other names there until they are saved under the one that the page suggests.
    """
    page = button.page
    before = set(folder.iterdir())
    page.on("download", lambda found: found.save_as(folder / found.suggested_filename))
    button.click()
    deadline = time.monotonic() + WITHIN_SECONDS
    while not (arrived := complete(set(folder.iterdir()) - before)):
        assert time.monotonic() < deadline, "no file arrived"
        page.wait_for_function("() => true")  # lets Playwright handle what the browser told it
        threading.Event().wait(0.05)
    return arrived


def complete(new: set[Path]) -> Path | None:
    """The file among the new ones that has a name and all its bytes; Firefox writes to `.part`."""
    if any(file.suffix == ".part" for file in new):
        return None
    return next((file for file in new if file.suffix and file.stat().st_size), None)
