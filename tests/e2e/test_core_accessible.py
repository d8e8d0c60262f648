"""What axe cannot judge: the focus, what a phone shows, what moves. The rest: test_pages_look."""

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


@pytest.mark.parametrize("width", [390, 820])
def test_header_keeps_its_height_and_its_links_their_places(
    server: Gatehouse, page: Page, width: int
) -> None:
    """Whoever is signed in, however long the name, whichever page is the current one."""
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/register")
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()
    before = shape_of_header(page)

    steps.sign_in(page, steps.new_person(server, "Bartholomew" * 4))

    assert shape_of_header(page) == before
    page.goto("/mail")
    expect(page.locator("[data-user-name]")).to_contain_text("Bartholomew")
    assert shape_of_header(page) == before


def shape_of_header(page: Page) -> list[float]:
    """Its height, and where each link of the navigation begins."""
    return page.evaluate(  # type: ignore[no-any-return]
        "() => [document.querySelector('.masthead').offsetHeight,"
        " ...[...document.querySelectorAll('.nav a')].map((link) => link.getBoundingClientRect().x)]"
    )
