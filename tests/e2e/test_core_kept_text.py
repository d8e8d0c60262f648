"""What was typed is its owner's, however the session ends: kept, covered, and theirs to give up."""

import pytest
from playwright.sync_api import BrowserContext, Dialog, Page, expect

from tests.e2e import steps
from tests.e2e.steps import Person
from tests.servers import Gatehouse

DRAFT = ("A long letter", "three hours of work")
SECRET = "the spare key is under the third stone"


@pytest.fixture
def alice(server: Gatehouse) -> Person:
    """Somebody who writes for a long time, with a secret in her notes."""
    person = steps.new_person(server, "Alice")
    steps.give_note(server, person, "For the neighbours", SECRET)
    return person


def sign_out(server: Gatehouse, other: Page, alice: Person) -> None:
    other.get_by_role("button", name="Sign out").click()
    other.wait_for_url("**/login?reason=signed_out")


def sign_in_as_mallory(server: Gatehouse, other: Page, alice: Person) -> None:
    other.goto("/login")
    steps.fill_sign_in(other, steps.new_person(server, "Mallory"))
    other.wait_for_url("**/notes")


def end_from_elsewhere(server: Gatehouse, other: Page, alice: Person) -> None:
    server.manage("end_sessions", "--user", alice.email)
    other.reload()
    other.wait_for_url("**/login?reason=session_ended*")


def expire(server: Gatehouse, other: Page, alice: Person) -> None:
    past = "UPDATE gatehouse_session SET idle_expires_at = datetime('now', '-1 day') WHERE id = ?"
    steps.query(server, past, *steps.sessions_of(server, alice))
    steps.lose_access(other.context)
    other.reload()
    other.wait_for_url("**/login?reason=session_ended*")


def lose_all_cookies(server: Gatehouse, other: Page, alice: Person) -> None:
    other.context.clear_cookies()
    other.goto("/login")


ENDINGS = {
    "signed out": sign_out,
    "another person": sign_in_as_mallory,
    "ended elsewhere": end_from_elsewhere,
    "expired": expire,
    "cookies gone": lose_all_cookies,
}


def look_again(page: Page) -> None:
    """What turning to a tab does; some endings are only heard of then."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def expect_covered(page: Page) -> None:
    """Neither the draft nor anything that the server told can be seen or reached."""
    expect(page.locator("[data-notice]")).to_contain_text("covered")
    expect(page.get_by_label("Text", exact=True)).to_be_hidden()
    expect(page.get_by_label("Title")).to_be_hidden()
    expect(page.locator("body")).not_to_contain_text(SECRET)
    expect(page.locator("[data-user-name]")).to_be_empty()
    assert page.url.endswith("/notes")


@pytest.mark.parametrize("ending", ENDINGS)
def test_session_over_keeps_the_draft_covered_until_its_owner_is_back(
    server: Gatehouse, context: BrowserContext, page: Page, alice: Person, ending: str
) -> None:
    """Mallory, who signs in next in the same browser, sees none of it; alice then saves it."""
    steps.sign_in(page, alice)
    steps.write_note(page, *DRAFT)
    other = context.new_page()
    other.goto("/notes")
    steps.expect_signed_in(other, alice)

    ENDINGS[ending](server, other, alice)
    look_again(page)
    expect_covered(page)

    mallory = steps.new_person(server, "Mallory")
    other.goto("/login")
    steps.fill_sign_in(other, mallory)
    other.wait_for_url("**/notes")
    expect(page.locator("[data-notice]")).to_contain_text("Somebody else has signed in.")
    look_again(page)
    expect_covered(page)
    assert (
        page.evaluate("Object.keys(localStorage).length + Object.keys(sessionStorage).length") == 0
    )

    with context.expect_page() as opened:
        page.get_by_role("link", name="Sign in in a new tab").click()
    steps.fill_sign_in(opened.value, alice)
    expect(opened.value.locator("[data-title]")).to_have_text("You are signed in")
    expect(opened.value.locator("[data-outcome]")).to_contain_text("Go back to the other tab")
    expect(page.locator("[data-notice]")).to_be_empty()
    expect(page.get_by_label("Title")).to_be_visible()
    expect(page.get_by_label("Text", exact=True)).to_have_value(DRAFT[1])
    expect(steps.note(page, "For the neighbours")).to_be_visible()
    steps.save_note(page)
    assert DRAFT in steps.notes_of(server, alice)
    assert steps.notes_of(server, mallory) == []


def test_draft_discarded_after_a_second_word_leaves_the_page_to_whoever_is_there(
    server: Gatehouse, context: BrowserContext, page: Page, alice: Person
) -> None:
    """Not by one slip; and what was discarded is nowhere any more."""
    bob = steps.new_person(server, "Bob")
    steps.sign_in(page, alice)
    steps.write_note(page, *DRAFT)
    other = context.new_page()
    other.goto("/login")
    steps.fill_sign_in(other, bob)
    other.wait_for_url("**/notes")
    discard = page.locator("[data-notice]").get_by_role("button", name="Discard text")

    discard.click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect_covered(page)
    discard.click()
    page.get_by_role("dialog").get_by_role("button", name="Discard text").click()

    expect(page.locator("[data-user-name]")).to_have_text("Bob")
    expect(page.locator("[data-count]")).to_contain_text("You have no notes yet.")
    expect(page.locator("[data-editor]")).to_be_hidden()
    assert steps.notes_of(server, bob) == []


def test_account_deleted_in_one_tab_keeps_the_draft_in_another_covered(
    server: Gatehouse, context: BrowserContext, page: Page, alice: Person
) -> None:
    """Nobody can sign in to it again: the text can be discarded, and is shown to no one."""
    steps.sign_in(page, alice)
    steps.write_note(page, *DRAFT)
    other = context.new_page()
    other.goto("/account")
    expect(other.locator("[data-devices] li")).to_have_count(1)
    other.get_by_label("Name", exact=True).fill("Alice the Great")

    other.get_by_role("button", name="Delete my account").click()
    other.get_by_role("button", name="Delete everything").click()

    other.wait_for_url("**/login?reason=deleted")
    expect(page.locator("[data-notice]")).to_contain_text("has been deleted")
    expect_covered(page)
    page.locator("[data-notice]").get_by_role("button", name="Discard text").click()
    page.get_by_role("dialog").get_by_role("button", name="Discard text").click()
    page.wait_for_url("**/login?reason=deleted")


def test_dialog_that_quotes_a_note_closes_when_the_session_ends(
    server: Gatehouse, context: BrowserContext, page: Page, alice: Person
) -> None:
    """A question in front of the page is covered like the page."""
    steps.sign_in(page, alice)
    steps.note(page, "For the neighbours").click()
    page.get_by_label("Text", exact=True).fill("half a thought")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog")).to_contain_text("For the neighbours")
    other = context.new_page()
    other.goto("/notes")
    steps.expect_signed_in(other, alice)

    sign_out(server, other, alice)

    expect_covered(page)
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert len(steps.notes_of(server, alice)) == 1


def test_name_and_address_typed_are_kept_like_a_note(
    server: Gatehouse, context: BrowserContext, page: Page, alice: Person
) -> None:
    """Every form with text; a typed password alone is forgotten."""
    steps.sign_in(page, alice, "/account")
    name, address = page.get_by_label("Name", exact=True), page.get_by_label("New e-mail address")
    expect(name).to_have_value("Alice")
    name.fill("Alice the Great")
    address.fill("alice@elsewhere.example")
    page.get_by_label("Current password").fill(alice.password)
    other = context.new_page()
    other.goto("/notes")
    steps.expect_signed_in(other, alice)

    sign_in_as_mallory(server, other, alice)

    expect(page.locator("[data-notice]")).to_contain_text("Somebody else has signed in.")
    expect(name).to_be_hidden()
    expect(page.locator("[data-devices] li")).to_have_count(0)
    with context.expect_page() as opened:
        page.get_by_role("link", name="Sign in in a new tab").click()
    steps.fill_sign_in(opened.value, alice)
    expect(name).to_be_visible()
    expect(name).to_have_value("Alice the Great")
    expect(address).to_have_value("alice@elsewhere.example")
    expect(page.get_by_label("Current password")).to_have_value("")
    page.get_by_role("button", name="Save the name").click()
    expect(page.locator("[data-profile] [data-said]")).to_have_text("Your name has been saved.")


@pytest.mark.parametrize("covered", [False, True], ids=["signed in", "covered"])
def test_reload_with_unsaved_text_asks_first(
    server: Gatehouse, context: BrowserContext, page: Page, alice: Person, covered: bool
) -> None:
    """The browser's own question, before and after the session has ended."""
    steps.sign_in(page, alice)
    steps.write_note(page, *DRAFT)
    if covered:
        other = context.new_page()
        other.goto("/notes")
        sign_out(server, other, alice)
        expect_covered(page)
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.evaluate("setTimeout(() => location.reload())")
    page.wait_for_event("dialog") if not asked else None

    assert asked == ["beforeunload"]
    expect(page.get_by_label("Text", exact=True)).to_have_value(DRAFT[1])
