"""The lab's pages, to read and to run, before and after a run: see tests.e2e.look."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.look import Visitor, visitor
from tests.servers import Gatehouse

pytest.importorskip("lab")

DONE = "[data-state=done]"


@pytest.fixture(scope="module")
def learner(browser: Browser, server: Gatehouse) -> Iterator[Visitor]:
    """Somebody on the app's host, signed in by the first page."""
    visit = visitor(browser, server.url)
    yield visit
    visit.page.context.close()


@pytest.fixture(scope="module")
def attacker(browser: Browser, server: Gatehouse) -> Iterator[Visitor]:
    """Somebody on the lab's host."""
    visit = visitor(browser, server.url.replace("localhost", "app.demo.localhost"))
    yield visit
    visit.page.context.close()


def unfold(page: Page) -> None:
    """Everything that can be unfolded: the code, the second form, all requests."""
    for summary in page.locator("main details:not([open]) > summary").all():
        if summary.is_visible():
            summary.click()


def run(experiment: str, until: str = DONE) -> Callable[[Page], None]:
    """Predict, run, and wait for the evidence."""

    def act(page: Page) -> None:
        box = page.locator(f"#{experiment}")
        box.locator("[data-predict]").first.click()
        box.locator("[data-run]").click()
        expect(page.locator(f"#{experiment}{until}")).to_be_visible(timeout=25_000)
        unfold(page)

    return act


def try_to_read(page: Page) -> None:
    run("first")(page)


def inspect_and_decode(page: Page) -> None:
    run("own")(page)
    page.get_by_role("button", name="Use a forged example").click()
    page.get_by_role("button", name="Decode here").click()
    unfold(page)


def live_through_all_steps(page: Page) -> None:
    page.get_by_role("button", name="Sign in as Alice").click()
    expect(page.locator("#step-5[data-done=yes]")).to_be_visible()
    page.get_by_role("button", name="Expire now").click()
    expect(page.locator("#step-8[data-done=yes]")).to_be_visible()
    unfold(page)


# name, path, what is done there, the status of a refusal that belongs to it
Stop = tuple[str, str, Callable[[Page], None], int | None]
TO_READ: list[Stop] = [
    ("learn", "/learn", try_to_read, None),
    ("learn-inspect", "/learn/inspect", inspect_and_decode, None),
    ("learn-flow", "/learn/flow", unfold, None),
    ("learn-storage", "/learn/storage", unfold, None),
    ("learn-map", "/learn/map", unfold, None),
]
TO_RUN: list[Stop] = [
    ("lab-flow", "/learn/flow", live_through_all_steps, 401),
    ("lab-storage", "/learn/storage", unfold, None),
    ("lab-forge", "/learn/forge#tampered", run("tampered"), None),
    ("lab-cross-site", "/learn/cross-site", unfold, None),
    ("lab-refresh", "/learn/refresh", run("patient"), None),
    ("lab-phishing", "/learn/phishing", run("passkey"), None),
    ("lab-binding", "/learn/binding#bound", run("bound"), None),
    ("lab-sessions", "/learn/sessions", run("compare"), None),
]


def go(visit: Visitor, stop: Stop) -> None:
    name, path, act, refused = stop
    visit.page.goto(path)
    act(visit.page)
    visit.look(name, refused=refused)


@pytest.mark.parametrize("stop", TO_READ, ids=lambda stop: stop[0])
def test_page_of_the_lab_on_the_apps_host_looks_right(learner: Visitor, stop: Stop) -> None:
    """With its code unfolded, and the evidence where something runs."""
    go(learner, stop)


@pytest.mark.parametrize("stop", TO_RUN, ids=lambda stop: stop[0])
def test_page_of_the_lab_on_its_own_host_looks_right(attacker: Visitor, stop: Stop) -> None:
    """Where the experiments run."""
    go(attacker, stop)


def test_attackers_page_looks_right(attacker: Visitor) -> None:
    """The hostile site, opened by its experiment, with everything sent."""
    attacker.page.goto("/learn/cross-site#other")
    with attacker.page.expect_popup() as opened:
        attacker.page.locator("#other [data-run]").click()
    opened.value.get_by_role("button", name="Keep it open").click(timeout=25_000)
    expect(attacker.page.locator(f"#other{DONE}")).to_be_visible(timeout=25_000)

    Visitor(opened.value).look("hostile")

    opened.value.close()


def test_keyboard_alone_runs_an_experiment(learner: Visitor) -> None:
    """Tab to a prediction and to the button, Enter on both, Tab on to what opened."""
    page = learner.page
    page.goto("/learn/inspect")
    page.locator("#own [data-predict]").first.focus()
    page.keyboard.press("Enter")
    page.locator("#own [data-run]").focus()
    page.keyboard.press("Enter")
    expect(page.locator(f"#own{DONE}")).to_be_visible()

    stops = learner.tab_through()

    assert stops[0] == "Reset"
    assert "The code that decides" in stops
