"""The lab's first page: one click to the first surprise."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import ENGINE

pytest.importorskip("lab")


# Playwright cannot ask Firefox for print media, so there the sheet's own rules are turned round.
PRINT_RULES = """() => {
    const turn = (rules) => { for (const rule of rules) {
        if (rule instanceof CSSMediaRule && /print/.test(rule.media.mediaText)) rule.media.mediaText = "all";
        else if (rule instanceof CSSMediaRule && /screen/.test(rule.media.mediaText)) rule.media.mediaText = "print";
        if (rule.cssRules) turn(rule.cssRules);
    } };
    for (const sheet of document.styleSheets) turn(sheet.cssRules);
}"""


def as_printed(page: Page) -> None:
    if ENGINE == "chromium":
        page.emulate_media(media="print")
    else:
        page.evaluate(PRINT_RULES)


def test_signed_in_page_finds_no_token_while_the_server_receives_both(page: Page) -> None:
    """The first experiment, from prediction to verdict, within a few seconds of the first visit."""
    page.goto("/learn")
    box = page.locator("#first")
    expect(box.get_by_text("the button signs in Alice first")).to_be_visible()
    expect(box.get_by_role("heading", name="Why")).to_be_hidden()

    box.get_by_role("button", name="Yes, script reads it").click()
    box.get_by_role("button", name="Try to read it").click()

    expect(box.get_by_role("status")).to_contain_text("You expected: Yes, script reads it.")
    script = box.locator("[data-facts=script]").inner_text()
    server = box.locator("[data-facts=server]").inner_text()
    assert "__Host-csrftoken" in script
    assert "_token\n" not in script.replace("csrftoken", "")
    assert "__Host-Http-access_token" in server
    assert "__Host-Http-refresh_token" in server
    expect(box.get_by_role("heading", name="Why")).to_be_visible()
    expect(box.locator("[data-came-true]")).to_contain_text("It sees nothing of it at all")


def test_first_surprise_is_two_clicks_from_the_start_page(page: Page) -> None:
    """Whoever has just started the app need not read or type anything."""
    page.goto("/")

    page.get_by_role("link", name="See it work").click()
    page.get_by_role("button", name="Try to read it").click()

    expect(page.locator("#first [data-verdict]")).to_contain_text("the server received both")


def test_experiment_can_be_skipped_run_and_reset_with_the_keyboard(page: Page) -> None:
    """Every part is reachable without a mouse, and reset brings the question back."""
    page.goto("/learn")

    page.locator("#first .anchor").focus()
    for _ in range(4):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Skip")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#first")).to_have_attribute("data-state", "done")
    expect(page.locator("#first [data-outcome]")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.locator("#first")).to_have_attribute("data-state", "asking")
    expect(page.locator("#first [data-glance]")).to_be_hidden()


def test_page_without_script_has_everything_to_read(
    new_context: Callable[..., BrowserContext],
) -> None:
    """Question, explanation, code and standard come from the server."""
    context = new_context()
    # Not by switching script off, which Playwright cannot do in every engine.
    context.route("**/*.js", lambda route: route.abort())
    page = context.new_page()

    page.goto("/learn")

    expect(page.get_by_text("HttpOnly turns theft into a visit")).to_be_visible()
    expect(page.get_by_role("heading", name="Addresses that are never mixed")).to_be_visible()
    expect(page.get_by_text("It stops reading.")).to_be_visible()
    page.get_by_text("The code that decides").click()
    expect(page.locator("#first .source")).to_contain_text("def set_tokens")


def test_printed_page_is_a_worksheet(page: Page) -> None:
    """Predictions to tick, room for what one saw, no answers."""
    page.goto("/learn")
    expect(page.locator("#first")).to_have_attribute("data-state", "asking")

    as_printed(page)

    expect(page.get_by_text("What I saw:")).to_be_visible()
    expect(page.get_by_role("heading", name="Why")).to_be_hidden()
    expect(page.get_by_role("button", name="Skip")).to_be_hidden()


def test_refused_sign_in_says_so(page: Page) -> None:
    """In the first minute of a lesson a button that does nothing ends it."""
    page.route("**/auth/login", lambda route: route.fulfill(status=503, body=""))
    page.goto("/learn")

    page.get_by_role("button", name="Try to read it").click()

    expect(page.locator("#first").get_by_role("status")).to_have_attribute("data-tone", "bad")
    expect(page.locator("#first").get_by_role("status")).not_to_have_text("")


def test_beliefs_are_remembered_on_the_way_back_and_counted_at_the_end(page: Page) -> None:
    """Two cards judged: one right, one wrong. Nothing of it is kept in any storage."""
    page.goto("/learn")
    first, third = page.locator("[data-belief]").nth(0), page.locator("[data-belief]").nth(2)
    first.get_by_role("button", name="True").click()
    third.get_by_role("button", name="True").click()
    expect(first.locator("[data-truth]")).to_be_hidden()
    # One that runs on this host: the test need not leave for the lab's.
    page.get_by_role("link", name="The map").click()
    page.wait_for_url("**/learn/map")
    page.go_back()

    expect(first.get_by_role("button", name="True")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Was I right?").click()

    expect(first.locator("[data-truth]")).to_contain_text("False. It stops reading.")
    count = page.locator("[data-count]")
    expect(count).to_have_text("You were wrong about 1 of the 2 that you judged.")
    expect(page.get_by_label("To share")).to_have_value(re.compile("I was wrong about 1 of the 2"))
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
