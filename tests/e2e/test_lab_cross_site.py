"""/learn/cross-site in a real browser: which cookies travel, and which defence holds alone.

Measured from a really different site and from a really same-site sibling. A browser that changes
breaks these tests, and not the lesson.
"""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.servers import Gatehouse

pytest.importorskip("lab")

# The bank lets nobody frame it or load it as an image; Firefox reports both refusals as errors.
pytestmark = pytest.mark.expects_violations

FORGED = ("form", "simple", "image", "iframe", "link")


def attack(page: Page, server: Gatehouse, who: str) -> tuple[Locator, Page]:
    """Runs the attack; returns the experiment and the attacker's window."""
    page.goto(f"http://app.demo.localhost:{server.port}/learn/cross-site#{who}")
    box = page.locator(f"lab-experiment#{who}")
    with page.expect_popup() as attacker:
        box.get_by_role("button", name="Open the attacker").click()
    # Otherwise it closes itself once all is sent.
    attacker.value.get_by_role("button", name="Keep it open").click(timeout=25_000)
    expect(box).to_have_attribute("data-state", "done", timeout=25_000)
    return box, attacker.value


def cells(box: Locator, grid: str, via: str) -> dict[str, str]:
    found = box.locator(f"[data-grid={grid}] [data-via={via}] [data-cell]").all()
    return {str(cell.get_attribute("data-cell")): str(cell.text_content()) for cell in found}


def arrived(box: Locator, via: str) -> set[str]:
    return {name for name, text in cells(box, "cookies", via).items() if text == "arrived"}


def paid(box: Locator, via: str) -> set[str]:
    return {name for name, text in cells(box, "tills", via).items() if text == "paid 10"}


def test_other_sites_requests_carry_what_samesite_lets_go(page: Page, server: Gatehouse) -> None:
    """Form: None and unset. Link: Lax as well. Strict never. Only cookie-blind tills pay."""
    box, attacker = attack(page, server, "other")

    assert arrived(box, "form") == {"lab_none", "lab_unset"}
    assert arrived(box, "link") == {"lab_none", "lab_unset", "lab_lax"}
    assert paid(box, "form") == {"none"}
    assert paid(box, "link") == {"none", "lax"}
    for via in FORGED:
        assert "cross-site" in cells(box, "cookies", via)["fetch"]
        assert not arrived(box, via) & {"lab_strict", "__Host-Http-lab_till"}
    # What only the form post brings, the browser keeps back from the others, and not SameSite.
    for via in ("simple", "image", "iframe"):
        assert arrived(box, via) <= arrived(box, "form"), via
    expect(box.locator("[data-why]")).to_contain_text("keeps third-party cookies back")
    assert cells(box, "cookies", "form")["origin"] == f"http://127.0.0.1:{server.port}"
    assert "preflight only" in cells(box, "cookies", "json")["fetch"]
    # What the attacker's own script saw of all that: next to nothing.
    seen = attacker.locator("[data-seen]")
    expect(seen).to_contain_text("fetch, text/plain: TypeError")
    expect(seen).to_contain_text("fetch, JSON: TypeError")
    expect(seen).to_contain_text("image: an event, error")
    # A defence that also stopped the owner would be none: our own page opens every till.
    assert len(paid(box, "own")) == 7


def test_siblings_requests_carry_every_cookie(page: Page, server: Gatehouse) -> None:
    """SameSite=Strict and __Host- travel too; what looks at the origin holds."""
    box, _ = attack(page, server, "sibling")

    for via in FORGED:
        assert len(arrived(box, via)) == 5, via
        assert "same-site" in cells(box, "cookies", via)["fetch"]
        assert paid(box, via) == {"none", "lax", "strict"}, via
    assert paid(box, "json") == set()
    expect(box.locator("[data-verdict]")).to_contain_text("The one with all defences held.")


def test_request_sent_later_from_the_attackers_page_is_shown_too(
    page: Page, server: Gatehouse
) -> None:
    """Its buttons go on working after the verdict, and so does the lab's page."""
    box, attacker = attack(page, server, "sibling")
    expect(box.locator("[data-balances]")).to_contain_text("none 50")

    attacker.get_by_role("button", name="image").click()

    expect(box.locator("[data-balances]")).to_contain_text("none 40")


@pytest.mark.parametrize(
    ("near", "host", "outcome"),
    [(False, "127.0.0.1", "reached"), (True, "evil.demo.localhost", "strict")],
)
def test_socket_from_elsewhere_reaches_the_bank_with_its_origin(
    page: Page, server: Gatehouse, near: bool, host: str, outcome: str
) -> None:
    """No CORS stops a handshake. SameSite holds Strict back from another site, not a sibling."""
    page.goto(f"http://app.demo.localhost:{server.port}/learn/cross-site#socket")
    box = page.locator("lab-experiment#socket")
    box.locator("[data-switch=near]").set_checked(near)
    box.locator("[data-predict=cors]").click()

    with page.expect_popup() as attacker:
        box.locator("[data-run]").click()
    attacker.value.get_by_role("button", name="Keep it open").click(timeout=25_000)

    expect(box.locator("[data-verdict]")).to_contain_text(
        "You expected: The browser", timeout=25_000
    )
    expect(box.locator("[data-came-true]")).to_have_attribute("data-predict", outcome)
    seen = box.locator("[data-glance] [data-facts=server]")
    expect(seen).to_contain_text(f"http://{host}:{server.port}")
    assert ("lab_strict" in seen.inner_text()) is near
    expect(attacker.value.locator("[data-seen]")).to_contain_text("WebSocket: an event, error")
