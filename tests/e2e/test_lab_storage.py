"""/learn/storage in a real browser: what a thief gets from five places, and what he can do with it.

The evidence is asserted, not the lesson's text: a browser that behaves otherwise breaks these.
"""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import ENGINE
from tests.servers import Gatehouse

pytest.importorskip("lab")

# The same TypeError, in each engine's words.
SINK_ERROR = {"chromium": "TrustedScriptURL", "firefox": "Sink type mismatch violation blocked"}
PLACES = "http://app.demo.localhost:{port}/learn/storage#places-{place}"


def attack(page: Page, server: Gatehouse, place: str, *switches: str) -> dict[str, str]:
    """Attack, close the tab, use the loot; returns the row's cells."""
    page.goto(PLACES.format(port=server.port, place=place))
    box = page.locator("lab-experiment#places")
    for switch in switches:
        box.locator(f"[data-switch={switch}]").check()
    with page.expect_popup():
        box.get_by_role("button", name="1. Attack").click()
    expect(box.locator("[data-close-victim]")).to_be_enabled(timeout=20_000)
    box.get_by_role("button", name="2. Close the victim").click()
    expect(box.locator("[data-use-loot]")).to_be_enabled(timeout=20_000)
    with page.expect_popup():
        box.get_by_role("button", name="3. Use the loot").click()
    expect(box).to_have_attribute("data-state", "done", timeout=20_000)
    cells = box.locator(f"[data-place={place}] [data-cell]").all()
    return {str(cell.get_attribute("data-cell")): str(cell.text_content()) for cell in cells}


@pytest.mark.parametrize(
    ("place", "where"),
    [
        ("local", "localStorage"),
        ("session", "sessionStorage"),
        (
            "memory",
            "the page\N{RIGHT SINGLE QUOTATION MARK}s own fetch, and another in the answer of"
            " the refresh endpoint",
        ),
        ("readable", "document.cookie and cookieStore"),
    ],
)
def test_token_that_script_can_reach_outlives_the_tab(
    page: Page, server: Gatehouse, place: str, where: str
) -> None:
    """Read, carried away, and used by the thief's server after the tab is closed."""
    cells = attack(page, server, place)

    assert cells["read"].startswith(f"yes, in {where}: eyJ")
    for way in ("fetch", "image", "beacon"):
        assert way in cells["carried"]
    assert "200" in cells["later"]
    assert "200" in cells["reload"]
    assert ("lab_token" in cells["cross"]) is (place == "readable")
    told = page.locator(".exchange")
    expect(told).to_have_count(4)
    expect(told.first).to_contain_text(re.compile(r"at\+jwt, \d+ characters, for gatehouse-lab"))
    expect(told.nth(2)).to_contain_text("200: paid")
    expect(page.locator("[data-verdict]")).to_contain_text("outlived the tab")
    kept = page.evaluate("() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
    assert all(name.startswith("lab_") for name in kept)


def test_httponly_cookie_is_ridden_and_the_ride_ends_with_the_tab(
    page: Page, server: Gatehouse
) -> None:
    """Nothing to read and nothing arrived; money moved while the tab was open, then no more."""
    cells = attack(page, server, "httponly")

    assert cells["read"].startswith("no")
    assert cells["carried"].startswith("no")
    # Seen to move more than once, so that standing still afterwards means something.
    assert re.match(r"yes: paid 1, \d+ times \(200\)", cells["acted"])
    assert cells["acted"].endswith("it has stopped")
    assert cells["later"].startswith("no")
    assert cells["cross"].startswith("no")

    page.get_by_label("localStorage").check()
    # Another place leaves what this one has shown, for comparison.
    expect(page.locator("[data-place=httponly] [data-cell=read]")).to_contain_text("no: nothing in")


@pytest.mark.expects_violations
def test_policy_stops_three_ways_out_and_not_the_fourth(page: Page, server: Gatehouse) -> None:
    """connect-src and img-src are violated and hold; the address bar still leaks."""
    cells = attack(page, server, "local", "csp")

    assert cells["defences"] == "CSP on"
    assert "arrived by navigation" in cells["carried"]
    assert "Blocked by connect-src, img-src" in cells["carried"]
    # Chromium promises to send what its policy then blocks; Firefox says at once that it will not.
    assert ("sendBeacon() had said true" in cells["carried"]) is (ENGINE == "chromium")
    for way in ("by fetch", "by image", "by beacon"):
        assert way not in cells["carried"]

    page.get_by_label("sessionStorage").check()

    # The next attack runs under it too: that can be seen, and changed.
    expect(page.locator("#places")).to_have_attribute("data-state", "asking")
    expect(page.locator("[data-switch=csp]")).to_be_visible()
    expect(page.locator("[data-switch=csp]")).to_be_checked()


@pytest.mark.expects_violations
def test_trusted_types_make_the_sink_throw(page: Page, server: Gatehouse) -> None:
    """The foreign script is never loaded, so there is nothing to stop later."""
    cells = attack(page, server, "local", "tt")

    assert cells["defences"] == "Trusted Types on"
    assert SINK_ERROR[ENGINE] in cells["read"]
    assert cells["acted"].startswith("no")
    assert cells["carried"].startswith("no")
    expect(page.locator("[data-verdict]")).to_contain_text("never ran")

    page.get_by_role("button", name="Reset").click()

    for cell in page.locator("#places [data-cell]").all():
        expect(cell).to_have_text("")
    expect(page.locator("[data-switch=tt]")).not_to_be_checked()


def test_tab_that_is_closed_by_hand_is_noticed(page: Page, server: Gatehouse) -> None:
    """Closing the window itself is as good as pressing the button."""
    page.goto(PLACES.format(port=server.port, place="httponly"))
    box = page.locator("lab-experiment#places")
    with page.expect_popup() as victim:
        box.get_by_role("button", name="1. Attack").click()
    expect(box.locator("[data-close-victim]")).to_be_enabled(timeout=20_000)

    victim.value.close()

    expect(box.locator("[data-use-loot]")).to_be_enabled(timeout=20_000)


def test_other_place_chosen_in_between_says_why_it_stopped(page: Page, server: Gatehouse) -> None:
    """An experiment that ends early says so in its own words."""
    page.goto(PLACES.format(port=server.port, place="local"))
    box = page.locator("lab-experiment#places")
    with page.expect_popup():
        box.get_by_role("button", name="1. Attack").click()
    expect(box.locator("[data-close-victim]")).to_be_enabled(timeout=20_000)

    box.get_by_label("an HttpOnly cookie").check()

    expect(box.locator("[data-verdict]")).to_contain_text("Another place was chosen")


def test_next_place_is_one_arrow_key_away(page: Page, server: Gatehouse) -> None:
    """WCAG 3.2.2: choosing moves no focus, also where it puts the last run away."""
    attack(page, server, "httponly")
    box = page.locator("lab-experiment#places")

    box.locator("input[name=place][value=httponly]").focus()
    page.keyboard.press("ArrowUp")

    expect(box).to_have_attribute("data-state", "asking")
    # Not "focused": Firefox calls it so in a window in front alone, and the tabs came after this one.
    page.wait_for_function("document.activeElement?.matches('input[name=place]:checked')")
    expect(box.locator("input[name=place]:checked")).not_to_have_value("httponly")
