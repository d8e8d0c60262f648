"""Every experiment of the lab shows its verdict right where one looks: in the window, after the run."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.servers import Gatehouse

pytest.importorskip("lab")

from lab.contents import PAGES

# The bank's refusals of being framed, and the policies that some experiments break on purpose.
pytestmark = pytest.mark.expects_violations

PHONE, DESK = (390, 844), (1280, 800)
SEEN = """(box) => {
    const shown = [...box.querySelectorAll("[data-verdict], [data-glance]")]
        .map((one) => one.getBoundingClientRect()).filter(({ height }) => height);
    return { parts: shown.length,
             top: Math.min(...shown.map(({ top }) => top)),
             bottom: Math.max(...shown.map(({ bottom }) => bottom)) };
}"""


def run(box: Locator) -> None:
    """Press what there is to press, to the end."""
    box.locator("[data-predict]").first.click()
    if box.locator("[data-example]").count():
        box.locator("[data-example]").first.click()
    box.locator("[data-run]").click()
    for later in box.locator(".run button:not([data-run])").all():
        expect(later).to_be_enabled(timeout=30_000)
        later.click()
    expect(box).to_have_attribute("data-state", "done", timeout=30_000)


@pytest.mark.parametrize("slug", ["", *(page.slug for page in PAGES)])
def test_verdict_of_every_experiment_is_in_the_window_after_its_run(
    page: Page, server: Gatehouse, slug: str
) -> None:
    """One sentence and two columns, without scrolling, on a phone and on a desk. Focus follows."""
    host = "app.demo.localhost" if any(one.slug == slug and one.at_lab for one in PAGES) else ""
    address = server.url.replace("localhost", host or "localhost") + f"/learn/{slug}".rstrip("/")
    page.goto(address)
    if slug == "inspect":
        page.goto(f"{server.url}/learn")
        run(page.locator("#first"))
        page.goto(address)
    for name in page.locator("lab-experiment").evaluate_all("(all) => all.map(({ id }) => id)"):
        for width, height in (PHONE, DESK):
            page.set_viewport_size({"width": width, "height": height})
            page.goto("about:blank")
            page.goto(f"{address}#{name}")
            box = page.locator(f"#{name}")
            run(box)

            seen = box.evaluate(SEEN)
            assert seen["parts"] == 2, name
            assert seen["top"] >= 0, (name, width, seen)
            assert seen["bottom"] <= height, (name, width, seen)
            # Not "focused": Firefox calls it so in a window in front alone, and some open others.
            assert box.evaluate("(one) => document.activeElement.matches('[data-outcome]')"), name
