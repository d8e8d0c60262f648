"""Personal access tokens on the account page: make one, use it, end it."""

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e import steps
from tests.e2e.steps import Person
from tests.servers import Gatehouse


@pytest.fixture
def dora(server: Gatehouse) -> Person:
    """Somebody with a program of her own."""
    return steps.new_person(server)


def status_of(server: Gatehouse, token: str, path: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(f"{server.url}{path}", headers=headers).status_code


def test_token_is_made_with_the_keyboard_shown_once_and_ended(
    server: Gatehouse, page: Page, dora: Person
) -> None:
    """After a step-up. It opens what was ticked, and nothing once it has ended."""
    steps.sign_in(page, dora, "/account")
    steps.forget_step_up(server, dora)
    name = page.get_by_label("Name of the new token")
    name.fill("Backup")
    page.get_by_role("button", name="Make a token").press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Password", exact=True).fill(dora.password)
    dialog.get_by_label("Password", exact=True).press("Enter")
    expect(page.locator("#token-scopes-error")).to_contain_text("Choose what the token may do")

    page.get_by_role("checkbox", name="read notes").press("Space")
    name.press("Enter")

    shown = page.locator("[data-slot='token']")
    token = shown.inner_text()
    steps.expect_focus(page.locator("[data-token-title]"))
    row = page.locator("[data-tokens] li")
    expect(row).to_contain_text("Backup")
    expect(row).to_contain_text("May read notes")
    expect(row).to_contain_text("not used yet")
    expect(page.locator("[data-events] li").first).to_contain_text("personal access token was made")
    assert status_of(server, token, "/api/notes") == 200
    assert status_of(server, token, "/api/audit") == 403
    page.get_by_role("button", name="I have kept it").press("Enter")
    expect(shown).to_have_count(0)
    assert token not in page.content()

    row.get_by_role("button", name="End the token Backup").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="End it").press("Enter")

    expect(page.locator("[data-tokens-status]")).to_contain_text("has been ended")
    expect(row).to_have_count(0)
    assert status_of(server, token, "/api/notes") == 401
