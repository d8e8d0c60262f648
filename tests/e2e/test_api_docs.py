"""/api/docs: Swagger UI renders under our policy, and what is tried is sent as the signed-in person."""

from playwright.sync_api import Page, expect

from tests.e2e import steps
from tests.e2e.conftest import Console
from tests.servers import Gatehouse


def test_description_renders_without_an_error(
    server: Gatehouse, page: Page, console: Console
) -> None:
    """From our own files, with no word in the console and no violation of the policy."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.goto(f"{server.url}/api/docs")

    expect(page.get_by_text("/auth/login", exact=True)).to_be_visible()
    page.locator(".opblock", has_text="/api/notes").first.get_by_role("button").first.click()
    expect(page.locator(".opblock.is-open")).to_contain_text("Groceries")
    assert console.messages == []
    assert [url for url in asked if not url.startswith((server.url, "data:", "blob:"))] == []


def test_note_written_from_the_description_is_the_signed_in_persons(
    server: Gatehouse, page: Page
) -> None:
    """Cookie and CSRF token go along: 201, with the example as it stands."""
    person = steps.new_person(server, "Dora")
    steps.sign_in(page, person)
    page.goto(f"{server.url}/api/docs")
    block = page.locator(".opblock-post", has_text="/api/notes")

    block.get_by_role("button").first.click()
    block.get_by_role("button", name="Try it out").click()
    block.get_by_role("button", name="Execute").click()

    expect(block.locator(".live-responses-table td.response-col_status").last).to_have_text("201")
    assert "Groceries" in page.evaluate("fetch('/api/notes').then((answer) => answer.text())")
