"""/learn/phishing in a real browser: a code that is passed on opens the bank, a passkey does not."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.servers import Gatehouse

pytest.importorskip("lab")


def phish(page: Page, server: Gatehouse, way: str) -> Locator:
    page.goto(f"http://app.demo.localhost:{server.port}/learn/phishing#{way}")
    box = page.locator(f"lab-experiment#{way}")
    box.locator("[data-run]").click()
    expect(box).to_have_attribute("data-state", "done", timeout=25_000)
    return box


def came_true(box: Locator) -> str:
    return str(box.locator("[data-came-true]").get_attribute("data-predict"))


def test_password_and_code_typed_elsewhere_are_a_session_of_the_attackers(
    page: Page, server: Gatehouse
) -> None:
    """His server signs in by HTTP and pays. Afterwards Alice is who she was, for other experiments."""
    box = phish(page, server, "code")

    assert came_true(box) == "in"
    expect(box.locator("[data-verdict]")).to_contain_text("signed in as Alice, with both factors")
    expect(box.locator("[data-glance]")).to_contain_text("99 of 100 left")
    told = box.locator("[data-exchanges]")
    expect(told).to_contain_text("POST /auth/login/factor")
    expect(told).to_contain_text("401, second_factor_required")

    page.goto(f"http://app.demo.localhost:{server.port}/learn/flow")
    page.get_by_role("button", name="Sign in as Alice").click()
    expect(page.locator("#step-5[data-done=yes]")).to_be_visible()


def test_passkey_used_elsewhere_opens_nothing(page: Page, server: Gatehouse) -> None:
    """The browser keeps the key from the page, and the bank refuses what was signed for it."""
    box = phish(page, server, "passkey")

    assert came_true(box) == "nothing"
    box.locator("[data-evidence] summary").click()
    told = box.locator("[data-exchanges] > li")
    expect(told.nth(0)).to_contain_text("SecurityError")
    expect(told.nth(1)).to_contain_text("401: Invalid origin")
    expect(told.nth(2)).to_contain_text("401: Invalid signature")
    expect(told.nth(3)).to_contain_text("200: taken")
