"""Lighthouse, offline, on the pages that people see first: 100 for what can be counted.

Performance is measured on the machine as it is (a desk's window, no simulated network), as the
best of up to three runs: two noisy cores make a run slower, never faster.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.all import npm
from tests.e2e import steps
from tests.e2e.conftest import CHROMIUM_FLAGS
from tests.servers import Gatehouse, free_port
from tools import chromium

FOLDER = Path(__file__).parent / "lighthouse"
WHOLE = ("accessibility", "best-practices", "seo")
FAST = 95
RUNS = 3


@pytest.fixture(scope="module")
def port() -> int:
    """Where the browser listens for Lighthouse."""
    return free_port()


@pytest.fixture(scope="module")
def alice(
    browser: Browser, server: Gatehouse, port: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Page]:
    """A browser of its own whose one profile is signed in: what Lighthouse opens is signed in too."""
    npm.ensure_packages(FOLDER)
    context = browser.browser_type.launch_persistent_context(
        tmp_path_factory.mktemp("profile"),
        executable_path=chromium.ensure(browser.browser_type.executable_path),
        args=[*CHROMIUM_FLAGS, "--no-sandbox", f"--remote-debugging-port={port}"],
        base_url=server.url,
    )
    person = steps.new_person(server, "Alice")
    steps.give_note(server, person, "Milk", "Two bottles")
    page = context.new_page()
    steps.sign_in(page, person)
    yield page
    context.close()


def judge(port: int, url: str) -> dict[str, Any]:
    """One run: the score of each category, and what lowered it."""
    command = ["node", "run.mjs", str(port), url]
    done = subprocess.run(
        command, cwd=FOLDER, check=False, capture_output=True, text=True, timeout=90
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("path", ["/", "/login", "/notes", "/learn/flow"])
def test_page_is_judged_whole_and_fast(
    alice: Page, server: Gatehouse, port: int, path: str
) -> None:
    """Accessibility, best practices and findability at 100; performance at 95 or more."""
    if path.startswith("/learn"):
        pytest.importorskip("api.lab")
    fastest = 0
    for _ in range(RUNS):
        found = judge(port, server.url + path)
        assert found["error"] is None
        assert found["at"] == server.url + path
        for category in WHOLE:
            assert found["scores"][category] == {"score": 100, "lowered": []}, category
        speed = found["scores"]["performance"]
        fastest = max(fastest, speed["score"])
        if fastest >= FAST:
            break

    assert fastest >= FAST, speed["lowered"]
