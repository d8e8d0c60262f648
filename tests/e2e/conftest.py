"""A real browser against the real server, as people run it: nothing is shared but the network.

A failed test leaves its screenshots in test-results/, and with GATEHOUSE_TEST_TRACE=1, which slows
all of them down, Playwright's trace. An uncaught script error or a violation of the Content
Security Policy fails the test that caused it, unless the test is marked `expects_violations`.
GATEHOUSE_TEST_BROWSER chooses the engine: chromium (default) or firefox.
"""

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    sync_playwright,
)

from tests.servers import ROOT, Gatehouse
from tools import chromium, programs

RESULTS = ROOT / "test-results"
# Read when this file is loaded: tests/conftest.py clears GATEHOUSE_* away, but for _TEST_ names.
ENGINE = os.environ.get("GATEHOUSE_TEST_BROWSER", "chromium")
TRACE = "GATEHOUSE_TEST_TRACE" in os.environ
CHROMIUM_FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
# Reports violations as console messages, so that every engine tells them in the same way.
CSP_MARK = "content-security-policy-violation "
REPORT_VIOLATIONS = f"""
    addEventListener("securitypolicyviolation", (event) => console.debug("{CSP_MARK}" +
        JSON.stringify({{directive: event.effectiveDirective, blocked: event.blockedURI,
            page: event.documentURI, disposition: event.disposition, sample: event.sample}})));
"""
OUTCOMES = pytest.StashKey[dict[str, pytest.TestReport]]()


@dataclass
class Console:
    """What the pages of one test said; `context` and `page` write into it."""

    messages: list[str] = field(default_factory=list)
    csp_violations: list[dict[str, str]] = field(default_factory=list)
    page_errors: list[str] = field(default_factory=list)

    def listen(self, context: BrowserContext) -> None:
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", self._keep)
        context.on("weberror", lambda error: self.page_errors.append(str(error.error)))

    def _keep(self, message: ConsoleMessage) -> None:
        if message.text.startswith(CSP_MARK):
            self.csp_violations.append(json.loads(message.text.removeprefix(CSP_MARK)))
        else:
            self.messages.append(f"{message.type}: {message.text}")


@pytest.fixture(scope="session")
def prepared_data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with migrated database, keys and demo people, to be copied."""
    folder = tmp_path_factory.mktemp("prepared")
    server = Gatehouse(folder)
    server.url = "http://localhost"
    server.manage("migrate", "--verbosity=0")
    server.manage("create_demo")
    return folder


@pytest.fixture(scope="session")
def server(
    prepared_data_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gatehouse]:
    """The app with its default settings, shared by all browser tests of this run."""
    data_dir = tmp_path_factory.mktemp("server") / "data"
    shutil.copytree(prepared_data_dir, data_dir)
    with Gatehouse(data_dir) as app:
        yield app


@pytest.fixture
def serve(prepared_data_dir: Path, tmp_path: Path) -> Iterator[Callable[..., Gatehouse]]:
    """Starts one more server with other settings: `serve(GATEHOUSE_ACCESS_SECONDS=3)`."""
    with ExitStack() as servers:

        def start(*, https: bool = False, **env: object) -> Gatehouse:
            data_dir = tmp_path / f"server-{len(list(tmp_path.iterdir()))}"
            shutil.copytree(prepared_data_dir, data_dir)
            return servers.enter_context(Gatehouse(data_dir, https=https, **env))

        yield start


@pytest.fixture(scope="session")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the browser puts files."""
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A browser's environment: a home of its own, since Firefox refuses one that is not its user's,
    and whatever else a person has set for their browser does not reach this one."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "MOZ_"))}
    return kept | {"HOME": str(tmp_path_factory.mktemp("home"))}


@pytest.fixture(scope="session")
def browser(downloads: Path, home: dict[str, str]) -> Iterator[Browser]:
    """The engine that was asked for, headless."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright's event loop runs until the session ends; Django's ORM must not mind.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        try:
            launched = LAUNCHERS[ENGINE](playwright, downloads, home)
        except programs.MissingError as missing:
            pytest.fail(str(missing), pytrace=False)
        yield launched
        launched.close()


def launch_chromium(playwright: Playwright, downloads: Path, env: dict[str, str]) -> Browser:
    own = playwright.chromium.executable_path
    program = chromium.ensure(own)
    # Chromium's sandbox does not start as root.
    flags = [*CHROMIUM_FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    return playwright.chromium.launch(
        executable_path=None if program == own else program,
        args=flags,
        downloads_path=downloads,
        env=env,
    )


def launch_firefox(playwright: Playwright, downloads: Path, env: dict[str, str]) -> Browser:
    """Debian's Firefox by WebDriver BiDi; Playwright's own build would have to be downloaded."""
    program = programs.ensure("firefox")
    return playwright.firefox.launch(
        channel="moz-firefox", executable_path=program, downloads_path=downloads, env=env
    )


LAUNCHERS = {"chromium": launch_chromium, "firefox": launch_firefox}


@pytest.fixture
def console(request: pytest.FixtureRequest) -> Iterator[Console]:
    """What all pages of this test wrote to the console, and which policies they broke."""
    heard = Console()
    yield heard
    if not request.node.get_closest_marker("expects_violations"):
        assert heard.page_errors == []
        assert heard.csp_violations == []


@pytest.fixture
def new_context(
    request: pytest.FixtureRequest, browser: Browser, console: Console
) -> Iterator[Callable[..., BrowserContext]]:
    """Makes one more browser profile, with a cookie jar of its own: another person or device."""
    opened: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        if "base_url" not in options:
            options["base_url"] = request.getfixturevalue("server").url
        context = browser.new_context(**{"ignore_https_errors": True, **options})
        context.set_default_timeout(10_000)
        if TRACE:
            context.tracing.start(snapshots=True, screenshots=False)
        console.listen(context)
        opened.append(context)
        return context

    yield make
    reports = request.node.stash.get(OUTCOMES, {})
    failed = any(report.failed for report in reports.values())
    folder = RESULTS / re.sub(r"[^\w.-]+", "-", request.node.nodeid)
    for number, context in enumerate(opened):
        if failed:
            folder.mkdir(parents=True, exist_ok=True)
            for page_number, page in enumerate(context.pages):
                page.screenshot(path=folder / f"{number}-{page_number}.png")
            if TRACE:
                context.tracing.stop(path=folder / f"{number}-trace.zip")
        context.close()


@pytest.fixture
def context(new_context: Callable[..., BrowserContext]) -> BrowserContext:
    """A fresh browser profile at the shared server: `page.goto("/login")`."""
    return new_context()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """One tab in that profile."""
    return context.new_page()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Keeps how each phase went, for the fixtures that save what a failed test leaves."""
    report = yield
    item.stash.setdefault(OUTCOMES, {})[report.when] = report
    return report
