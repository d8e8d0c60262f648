"""What axe cannot judge: where the focus goes, and what a phone shows. The rest: test_pages_look."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import steps
from tests.e2e.steps import Person
from tests.servers import Gatehouse


@pytest.fixture
def alice(server: Gatehouse) -> Person:
    """Somebody with a note to open."""
    person = steps.new_person(server, "Alice")
    steps.give_note(server, person, "Milk", "Two bottles")
    return person


def test_dialog_keeps_the_focus_and_gives_it_back(page: Page, alice: Person) -> None:
    """Tab stays inside, Escape closes, and the focus is where it was."""
    steps.sign_in(page, alice)
    page.locator("[data-open]").first.click()
    delete = page.get_by_role("button", name="Delete", exact=True)
    delete.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()

    for _ in range(4):
        page.keyboard.press("Tab")
        # The body, where the focus has gone on to the browser's own buttons.
        assert page.evaluate("document.activeElement.matches('body, dialog, dialog *')")
    page.keyboard.press("Escape")

    expect(dialog).to_have_count(0)
    steps.expect_focus(delete)


def test_phone_shows_the_list_or_the_editor(page: Page, alice: Person) -> None:
    """On a narrow screen an open note takes the place of the list, and Close brings it back."""
    page.set_viewport_size({"width": 390, "height": 800})
    steps.sign_in(page, alice)
    page.locator("[data-open]").first.click()
    expect(page.get_by_label("Text", exact=True)).to_be_in_viewport()

    page.get_by_role("button", name="Close").click()

    expect(page.locator("[data-open]").first).to_be_focused()
    expect(page.get_by_label("Text", exact=True)).to_be_hidden()
