"""How a page is looked at: pictures, axe, the console, the width of the window, the keyboard.

The pictures go to test-results/pages/, for people to look at; everything else fails a test.
"""

from dataclasses import dataclass, field
from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.e2e.conftest import RESULTS, Console

PICTURES = RESULTS / "pages"
PHONE, DESK = 390, 1280
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
AXE = Axe()
# Chromium reports at sign-out, as an error, what Clear-Site-Data has done.
NOTE = "Clear-Site-Data"

RUNS_OVER = """() => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    return [...document.querySelectorAll('body *')]
        .filter((element) => element.getBoundingClientRect().right > root.clientWidth)
        .map((element) => element.outerHTML.slice(0, 120));
}"""
# The element with the focus: which, seen or not, and whether it comes after the one before.
FOCUSED = """() => {
    const element = document.activeElement;
    if (element === document.body) return null;
    const [style, box] = [getComputedStyle(element), element.getBoundingClientRect()];
    const before = globalThis.tabbed;
    globalThis.tabbed = element;
    return {
        name: (element.ariaLabel || element.labels?.[0]?.textContent || element.textContent).trim().slice(0, 60),
        html: element.outerHTML.slice(0, 120),
        seen: style.outlineStyle !== 'none' && box.width > 0 && box.bottom > 0 && box.top < innerHeight,
        inOrder: !before || Boolean(before.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING),
    };
}"""
MOST_STOPS = 150


@dataclass
class Visitor:
    """One browser window, and what its pages have said."""

    page: Page
    console: Console = field(default_factory=Console)

    def look(self, name: str, *, refused: int | None = None) -> None:
        """Takes the four pictures and judges. `refused`: a status that the browser tells of."""
        for width in (PHONE, DESK):
            self.page.set_viewport_size({"width": width, "height": 844})
            over = self.page.evaluate(RUNS_OVER)
            assert over == [], (width, over)
            for scheme in SCHEMES:
                self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                self.page.screenshot(path=PICTURES / f"{name}-{width}-{scheme}.png", full_page=True)
                # Contrast is a matter of the theme, overlap one of the width: each is seen once.
                if (width == PHONE) == (scheme == "dark"):
                    found = found_by_axe(self.page)
                    assert found == [], (width, scheme, found)
        self.judge_console(refused)

    def judge_console(self, refused: int | None) -> None:
        said = [line for line in self.console.messages if NOTE not in line]
        self.console.messages.clear()
        if refused:
            said = [line for line in said if f"status of {refused}" not in line]
        assert said == [], said
        assert self.console.csp_violations == [], self.console.csp_violations
        assert self.console.page_errors == [], self.console.page_errors

    def tab_through(self) -> list[str]:
        """Presses Tab from the start to the end of the page; returns what was reached, by name."""
        self.page.evaluate("() => { document.activeElement.blur(); globalThis.tabbed = null; }")
        names: list[str] = []
        for _ in range(MOST_STOPS):
            self.page.keyboard.press("Tab")
            stop = self.page.evaluate(FOCUSED)
            if stop is None:
                return names
            assert stop["seen"], stop["html"]
            assert stop["inOrder"], stop["html"]
            names.append(stop["name"])
        raise AssertionError(f"Tab does not leave the page: {names[-5:]}")


def visitor(browser: Browser, base_url: str) -> Visitor:
    """A new window with cookies of its own."""
    context = browser.new_context(
        base_url=base_url, reduced_motion="reduce", ignore_https_errors=True
    )
    context.set_default_timeout(10_000)
    console = Console()
    console.listen(context)
    return Visitor(context.new_page(), console)


def found_by_axe(page: Page) -> list[tuple[str, list[str]]]:
    """Each rule that is broken, with the elements that break it."""
    violations = AXE.run(page).response["violations"]
    return [(found["id"], [node["html"] for node in found["nodes"]]) for found in violations]
