"""Lighthouse, offline, on the pages that people see first: 100 for what can be counted.

Performance is measured on the machine as it is (a desk's window, no simulated network), as the
best of up to three runs: two noisy cores make a run slower, never faster.
"""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.e2e import steps
from tests.e2e.conftest import CHROMIUM_FLAGS
from tests.engines import npm
from tests.servers import Gatehouse, die_with_parent, free_port, listens, wait_for
from tools import chromium, programs

WHOLE = ("accessibility", "best-practices", "seo")
FAST = 95
RUNS = 3


@pytest.fixture(scope="module")
def port(
    browser: Browser,
    home: dict[str, str],
    server: Gatehouse,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[int]:
    """Where a browser listens for Lighthouse, in whose one profile somebody is signed in.

    Playwright signs in and goes: it must not hold the pages that Lighthouse opens.
    """
    npm.ensure_packages(npm.LIGHTHOUSE)
    folder = tmp_path_factory.mktemp("lighthouse")
    program = chromium.ensure(browser.browser_type.executable_path)
    flags = [*CHROMIUM_FLAGS, "--password-store=basic"]
    if os.geteuid() == 0:
        flags.append("--no-sandbox")
    context = browser.browser_type.launch_persistent_context(
        folder / "profile", executable_path=program, args=flags, base_url=server.url, env=home
    )
    person = steps.new_person(server, "Alice")
    steps.give_note(server, person, "Milk", "Two bottles")
    steps.sign_in(context.new_page(), person)
    context.close()
    flags.append(f"--user-data-dir={folder / 'profile'}")
    with listening(program, flags, folder, home) as number:
        yield number


@contextmanager
def listening(program: str, flags: list[str], folder: Path, env: dict[str, str]) -> Iterator[int]:
    """A headless browser with an open debugging port, until it is no longer needed."""
    port = free_port()
    command = [program, "--headless=new", f"--remote-debugging-port={port}", *flags, "about:blank"]
    log = folder / "chromium.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
    try:
        wait_for(lambda: listens(port), process, log)
        yield port
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(10)


def judge(port: int, url: str) -> dict[str, Any]:
    """One run: the score of each category, and what lowered it.

    On a busy machine Lighthouse at times finds its own recording incomplete, says so, and asks for
    another run.
    """
    command = [programs.ensure("node"), "run.mjs", str(port), url]
    for _ in range(RUNS):
        done = subprocess.run(
            command, cwd=npm.LIGHTHOUSE, check=False, capture_output=True, text=True, timeout=90
        )
        assert done.returncode == 0, done.stderr[-2000:]
        found = json.loads(done.stdout)
        if found["error"] is None:
            break
    assert found["error"] is None
    assert found["at"] == url
    return dict(found["scores"])


@pytest.mark.parametrize("path", ["/", "/login", "/notes", "/learn/flow"])
def test_page_is_judged_whole_and_fast(server: Gatehouse, port: int, path: str) -> None:
    """Accessibility, best practices and findability at 100; performance at 95 or more."""
    if path.startswith("/learn"):
        pytest.importorskip("lab")
    fastest: dict[str, Any] = {"score": 0}
    for _ in range(RUNS):
        scores = judge(port, server.url + path)
        for category in WHOLE:
            assert scores[category] == {"score": 100, "lowered": []}, category
        fastest = max(fastest, scores["performance"], key=lambda found: found["score"])
        if fastest["score"] >= FAST:
            break

    assert fastest["score"] >= FAST, fastest
