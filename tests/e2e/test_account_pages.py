"""Every page of the account: accessible, and as wide as its window, in both themes."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e import steps
from tests.servers import Gatehouse

WINDOWS = [(390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")]
PUBLIC = {
    "/register": "Send me a link",
    "/password/forgot": "Send me a link",
    "/register/finish": "Ask for a new link",
    "/password/reset#token=dead": "Ask for a new link",
    "/email/confirm#token=any": "Use this address",
    "/mail": "Mail",
}


def judge(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(("width", "scheme"), WINDOWS)
def test_public_pages_are_accessible(
    new_context: Callable[..., BrowserContext], width: int, scheme: str
) -> None:
    """Axe finds nothing, and nothing scrolls sideways."""
    page = new_context(viewport={"width": width, "height": 844}, color_scheme=scheme).new_page()
    for path, text in PUBLIC.items():
        page.goto(path)
        expect(page.locator("main").get_by_text(text).first).to_be_visible()
        judge(page)


@pytest.mark.parametrize(("width", "scheme"), WINDOWS)
def test_private_pages_are_accessible(
    new_context: Callable[..., BrowserContext], server: Gatehouse, width: int, scheme: str
) -> None:
    """The same with somebody signed in, dialogs included."""
    page = new_context(viewport={"width": width, "height": 844}, color_scheme=scheme).new_page()
    steps.sign_in(page, steps.new_person(server), "/account")
    expect(page.locator("[data-events] li").first).to_be_visible()
    page.get_by_label("New password", exact=True).fill("seven grey herons at dusk")
    judge(page)
    page.get_by_role("button", name="Delete my account").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    judge(page)
    page.goto("/audit")
    expect(page.get_by_text("Only staff may see this.")).to_be_visible()
    judge(page)
