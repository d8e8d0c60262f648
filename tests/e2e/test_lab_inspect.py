"""The inspector and the map in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from tests.servers import Gatehouse

pytest.importorskip("lab")


def sign_in(page: Page) -> None:
    page.goto("/learn")
    page.get_by_role("button", name="Try to read it").click()
    expect(page.locator("#first")).to_have_attribute("data-state", "done")


def test_own_tokens_are_shown_in_three_panes_without_their_signature(page: Page) -> None:
    """Decode, verify and cookie stay apart; what arrives in the browser is no token."""
    sign_in(page)
    page.goto("/learn/inspect")

    with page.expect_response("**/learn/api/inspect") as answer:
        page.get_by_role("button", name="Inspect my cookies").click()

    jar = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    for name in ("__Host-Http-access_token", "__Host-Http-refresh_token"):
        assert jar[name].rpartition(".")[2] not in answer.value.text()
    page.locator("#own").get_by_text("The evidence").click()
    expect(page.locator("[data-pane=decode]")).to_have_count(2)
    checks = page.locator("[data-pane=verify] .fact").all_inner_texts()
    signature = next(at for at, text in enumerate(checks) if "signature (ES256)" in text)
    # As the code does: nothing is believed of a claim before it is known who wrote it.
    assert "kid names a key of ours" in checks[signature - 1]
    assert "every claim present and of its type" in checks[signature + 1]
    expect(page.locator("[data-pane=cookie]").first).to_contain_text("HttpOnly")
    expect(page.locator("[data-pane=cookie]").first).to_contain_text("unless a server set it")
    expect(page.locator("#own").get_by_role("status")).to_contain_text("Ids, times and scopes")
    ends = page.locator("[data-time=exp]").first
    before = ends.inner_text()
    assert "ends in" in before
    expect(ends).not_to_have_text(before)  # it counts down


@pytest.mark.parametrize(("example", "shown"), [("forged", "admin"), ("broken", "not JSON")])
def test_pasted_token_is_decoded_here_and_not_sent(page: Page, example: str, shown: str) -> None:
    """As much as can be read is shown, also of a broken one; no request leaves the page."""
    page.goto("/learn/inspect")
    page.get_by_role("button", name=f"Use a {example} example").click()
    page.wait_for_load_state("networkidle")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))

    page.get_by_role("button", name="Decode here").click()

    expect(page.locator("#paste [data-glance]")).to_contain_text(shown)
    assert sent == []


# Four lengths, since a base64 text of each length but one in four can be decoded as it is.
@pytest.mark.parametrize("damage", [0, 40, 117, 118, 119, 120])
def test_pasted_token_of_the_live_issuer_is_refused_and_wiped(
    page: Page, server: Gatehouse, damage: int
) -> None:
    """A live token belongs in no text box: it is gone before any button is pressed."""
    sign_in(page)
    token = {one["name"]: one["value"] for one in page.context.cookies()}[
        "__Host-Http-access_token"
    ]
    page.goto("/learn/inspect")
    page.wait_for_load_state("networkidle")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))

    page.get_by_label("A token, whole or broken").fill(token[:-damage] if damage else token)

    expect(page.locator("#paste").get_by_role("status")).to_contain_text(f"token of {server.url}")
    expect(page.get_by_label("A token, whole or broken")).to_have_value("")
    expect(page.locator("#paste [data-glance]")).to_be_hidden()
    assert sent == []


def test_map_leads_from_each_step_to_the_flow(page: Page) -> None:
    """Eight rows, each with a link to the same step as it happens."""
    page.goto("/learn/map")
    expect(page.locator("[data-map] tbody tr")).to_have_count(8)

    page.get_by_role("link", name="Validation").click()

    expect(page.locator("#step-7")).to_be_in_viewport()


def test_another_hosts_page_leads_to_the_app(page: Page, server: Gatehouse) -> None:
    """Whoever typed 127.0.0.1 gets there with one click."""
    page.goto(server.url.replace("localhost", "127.0.0.1") + "/login")

    page.get_by_role("link", name=f"{server.url}/login").click()

    expect(page).to_have_url(f"{server.url}/login")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
