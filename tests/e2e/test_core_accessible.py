"""Every page for everybody: axe finds nothing, light or dark, and nothing leaves the window."""

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e import steps
from tests.e2e.steps import Person
from tests.servers import Gatehouse

Scheme = Literal["light", "dark"]
AXE = Axe()
UNBROKEN = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen" * 3


@pytest.fixture
def alice(server: Gatehouse) -> Person:
    """Somebody whose words are longer than a phone is wide."""
    person = steps.new_person(server, "Alice")
    for age in range(21):
        steps.give_note(server, person, f"{UNBROKEN[:190]} {age}", UNBROKEN, age=age)
    return person


def found_by_axe(page: Page) -> list[tuple[str, list[str]]]:
    """Each rule that is broken, with the elements that break it."""
    violations = AXE.run(page).response["violations"]
    return [(found["id"], [node["html"] for node in found["nodes"]]) for found in violations]


def runs_over(page: Page) -> list[str]:
    """The elements that reach beyond the window, at a phone's width and at a desk's."""
    over = []
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        over += page.evaluate(
            """() => {
                const root = document.documentElement;
                if (root.scrollWidth <= root.clientWidth) return [];
                return [...document.querySelectorAll('body *')]
                    .filter((element) => element.getBoundingClientRect().right > root.clientWidth)
                    .map((element) => `${root.clientWidth}: ${element.outerHTML.slice(0, 120)}`);
            }"""
        )
    return over


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_for_anyone_are_accessible(page: Page, scheme: Scheme) -> None:
    """Start page, sign-in page with and without errors, and the page that does not exist."""
    page.emulate_media(color_scheme=scheme)
    page.goto("/")
    expect(page.locator("[data-readable-cookies]")).not_to_have_text("not read yet")
    assert found_by_axe(page) == []
    assert runs_over(page) == []

    page.goto("/login")
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_enabled()
    assert found_by_axe(page) == []
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("#email-error")).not_to_be_empty()
    assert found_by_axe(page) == []
    assert runs_over(page) == []

    page.goto("/no/such/page")
    assert found_by_axe(page) == []
    assert runs_over(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_of_a_person_are_accessible(page: Page, alice: Person, scheme: Scheme) -> None:
    """Notes with the editor open, devices, and the dialog that asks before it ends something."""
    page.emulate_media(color_scheme=scheme)
    steps.sign_in(page, alice)
    expect(page.locator("[data-list] li")).to_have_count(20)
    assert found_by_axe(page) == []
    assert runs_over(page) == []
    page.locator("[data-open]").first.click()
    expect(page.get_by_label("Text", exact=True)).to_be_focused()
    assert found_by_axe(page) == []
    assert runs_over(page) == []
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert found_by_axe(page) == []
    assert runs_over(page) == []

    page.goto("/account")
    expect(page.locator("[data-devices] li")).to_have_count(1)
    assert found_by_axe(page) == []
    assert runs_over(page) == []


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
