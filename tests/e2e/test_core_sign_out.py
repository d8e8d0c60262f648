"""Leaving: by one's own wish in one of several tabs, or because the session was ended elsewhere."""

from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e import steps
from tests.e2e.steps import Person
from tests.servers import Gatehouse

SECRET = "the spare key is under the third stone"


@pytest.fixture
def alice(server: Gatehouse) -> Person:
    """Somebody with a secret in her notes."""
    person = steps.new_person(server, "Alice")
    steps.give_note(server, person, "For the neighbours", SECRET)
    return person


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login?reason=signed_out")


def test_signed_out_in_one_tab_signs_the_other_out(
    server: Gatehouse, context: BrowserContext, page: Page, alice: Person
) -> None:
    """The other tab empties itself and shows the sign-in page without being touched."""
    steps.sign_in(page, alice)
    other = context.new_page()
    other.goto("/notes")
    expect(steps.note(other, "For the neighbours")).to_contain_text(SECRET)

    sign_out(page)

    other.wait_for_url("**/login?reason=signed_out")
    expect(other.locator("[data-reason]")).to_contain_text("You have signed out.")
    expect(other.locator("body")).not_to_contain_text(SECRET)
    assert {kept["name"] for kept in context.cookies()} == {steps.CSRF}
    assert steps.sessions_of(server, alice) == []


def test_signed_in_in_one_tab_is_seen_in_the_other(
    context: BrowserContext, page: Page, alice: Person
) -> None:
    """The start page in another tab greets whoever has just signed in."""
    other = context.new_page()
    other.goto("/")
    expect(other.locator("[data-enter]")).to_have_text("Sign in")

    steps.sign_in(page, alice)

    expect(other.locator("[data-enter]")).to_have_text("Go to your notes")
    expect(other.locator("[data-user-name]")).to_have_text(alice.name)


def test_another_person_signed_in_in_one_tab_takes_the_first_ones_things_off_the_other(
    server: Gatehouse, context: BrowserContext, page: Page, alice: Person
) -> None:
    """A tab must not show alice's notes to bob; it becomes his."""
    bob = steps.new_person(server, "Bob")
    steps.sign_in(page, alice)
    other = context.new_page()

    other.goto("/login")
    steps.fill_sign_in(other, bob)
    other.wait_for_url("**/notes")

    expect(page.locator("[data-user-name]")).to_have_text("Bob")
    expect(page.locator("body")).not_to_contain_text(SECRET)
    expect(page.locator("[data-count]")).to_contain_text("You have no notes yet.")


def test_sign_out_that_does_not_reach_the_server_says_so_and_can_be_left(
    context: BrowserContext, page: Page, alice: Person
) -> None:
    """Nobody is told that they are signed out when they are not; they may go on, or try again."""
    steps.sign_in(page, alice)
    context.set_offline(True)
    notice = page.locator("[data-notice]")
    leave = page.locator("[data-sign-out]")

    leave.click()
    expect(notice).to_contain_text("You are still signed in. The server cannot be reached.")
    notice.get_by_role("button", name="Close").click()
    expect(notice).to_be_empty()
    expect(steps.note(page, "For the neighbours")).to_be_visible()

    leave.click()
    expect(notice).to_contain_text("You are still signed in.")
    context.set_offline(False)
    notice.get_by_role("button", name="Try again").click()
    page.wait_for_url("**/login?reason=signed_out")


def test_back_after_sign_out_shows_nothing_private(page: Page, alice: Person) -> None:
    """The page that Back brings asks the server who is there before it shows anything."""
    steps.sign_in(page, alice)
    expect(steps.note(page, "For the neighbours")).to_contain_text(SECRET)
    page.goto("/account")
    expect(page.locator("[data-devices] li")).to_have_count(1)
    sign_out(page)

    page.go_back()

    page.wait_for_url("**/login?next=*")
    expect(page.locator("body")).not_to_contain_text(SECRET)
    expect(page.locator("[data-user-name]")).to_be_empty()


def test_page_restored_from_memory_hides_private_things_until_the_server_has_answered(
    server: Gatehouse, page: Page, alice: Person
) -> None:
    """Some browsers keep even no-store pages: what they freeze must have been concealed before."""
    steps.sign_in(page, alice)
    expect(steps.note(page, "For the neighbours")).to_contain_text(SECRET)
    steps.query(
        server,
        "UPDATE gatehouse_session SET ended_at = datetime('now'), end_reason = 'admin' WHERE id = ?",
        steps.sessions_of(server, alice)[0],
    )

    # What such a browser does, minus the freezing: the same document is hidden and shown again.
    sight = page.evaluate(
        """() => {
            dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}));
            const text = document.body.innerText;
            dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}));
            return text + document.body.innerText;
        }"""
    )

    assert "Notes" in sight
    assert SECRET not in sight
    page.wait_for_url("**/login?reason=session_ended*")


def test_page_restored_from_memory_shows_everything_again_to_whoever_is_still_signed_in(
    page: Page, alice: Person
) -> None:
    """Concealing is for the moment: Back within a session costs nothing."""
    steps.sign_in(page, alice)

    page.evaluate(
        """() => {
            dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}));
            dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}));
        }"""
    )

    expect(steps.note(page, "For the neighbours")).to_be_visible()


def end_from_another_device(server: Gatehouse, other: Page, person: Person) -> None:
    """The person signs in elsewhere too, and ends their first session from there."""
    steps.sign_in(other, person, "/account")
    [first, _] = steps.sessions_of(server, person)
    end = other.locator("[data-devices]").get_by_role("button", name="End the session")
    expect(end).to_have_count(1)
    end.click()
    expect(other.locator("[data-devices-status]")).to_contain_text("has been ended")
    assert steps.sessions_of(server, person, live=False) == [first]


def test_page_reloaded_after_its_session_ended_says_why_it_is_not_shown(
    server: Gatehouse, page: Page, alice: Person
) -> None:
    """The history's entry remembers that somebody was signed in here; a newcomer is told nothing."""
    steps.sign_in(page, alice)
    [session] = steps.sessions_of(server, alice)
    server.manage("end_sessions", "--user", alice.email)
    assert steps.sessions_of(server, alice, live=False) == [session]

    page.reload()

    page.wait_for_url("**/login?reason=session_ended&next=%2Fnotes")
    expect(page.locator("[data-reason]")).to_contain_text("Your session has ended")
    page.goto("/account")
    page.wait_for_url("**/login?next=%2Faccount")


def test_session_ended_elsewhere_says_so_and_offers_sign_in(
    server: Gatehouse,
    page: Page,
    alice: Person,
    new_context: Callable[..., BrowserContext],
) -> None:
    """With nothing unsaved the page gives way to the sign-in form, and comes back after it."""
    steps.sign_in(page, alice)
    end_from_another_device(server, new_context().new_page(), alice)

    page.get_by_label("Search notes").fill("key")

    page.wait_for_url("**/login?reason=session_ended&next=%2Fnotes")
    expect(page.locator("[data-reason]")).to_contain_text("it was ended, here or elsewhere")
    expect(page.locator("body")).not_to_contain_text(SECRET)
    steps.fill_sign_in(page, alice)
    page.wait_for_url("**/notes")


def test_session_ended_elsewhere_keeps_the_text_in_the_open_editor(
    server: Gatehouse,
    context: BrowserContext,
    page: Page,
    alice: Person,
    new_context: Callable[..., BrowserContext],
) -> None:
    """Other notes leave the screen, the typed text stays, and is saved after signing in again."""
    steps.sign_in(page, alice)
    steps.write_note(page, "A long letter", "three hours of work")
    end_from_another_device(server, new_context().new_page(), alice)

    page.get_by_role("button", name="Save").click()

    notice = page.locator("[data-notice]")
    expect(notice).to_contain_text("Your session has ended. Your text is still here")
    expect(page.get_by_label("Text", exact=True)).to_have_value("three hours of work")
    expect(page.get_by_label("Text", exact=True)).to_be_hidden()
    expect(page.locator("body")).not_to_contain_text(SECRET)
    with context.expect_page() as opened:
        notice.get_by_role("link", name="Sign in in a new tab").click()
    steps.fill_sign_in(opened.value, alice)
    expect(page.locator("[data-user-name]")).to_have_text(alice.name)
    expect(notice).to_be_empty()
    steps.save_note(page)
    assert steps.notes_of(server, alice)[1:] == [("A long letter", "three hours of work")]


def test_unsaved_text_is_not_left_without_a_second_word(
    server: Gatehouse, page: Page, alice: Person
) -> None:
    """Sign out asks first; cancelled, it leaves text and session as they were."""
    steps.sign_in(page, alice)
    steps.write_note(page, "Half a thought")

    page.get_by_role("button", name="Sign out").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Sign out without saving?")
    dialog.get_by_role("button", name="Cancel").click()

    expect(page.get_by_label("Title")).to_have_value("Half a thought")
    assert len(steps.sessions_of(server, alice)) == 1
    page.get_by_role("button", name="Sign out").click()
    dialog.get_by_role("button", name="Discard and leave").click()
    page.wait_for_url("**/login?reason=signed_out")
    assert steps.sessions_of(server, alice) == []


def test_cookie_that_the_server_cannot_read_is_taken_away(
    server: Gatehouse, page: Page, alice: Person
) -> None:
    """One letter beyond ASCII hides the whole Cookie header: the session goes on, and ends."""
    steps.sign_in(page, alice)
    page.evaluate("document.cookie = 'theme=é; Path=/'")

    page.reload()

    steps.expect_signed_in(page, alice)
    page.evaluate("document.cookie = 'theme=é; Path=/'")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login?reason=signed_out")
    assert steps.sessions_of(server, alice) == []


def test_cookie_of_the_whole_domain_stays_though_the_server_cannot_read_it(
    server: Gatehouse, context: BrowserContext, page: Page
) -> None:
    """It is another application's: its own host finds it again, and ours says what is wrong."""
    page.goto(f"http://app.demo.localhost:{server.port}/learn/flow")
    page.evaluate("document.cookie = 'theme=é; Domain=demo.localhost; Path=/'")
    page.evaluate("document.cookie = 'own=é; Path=/'")

    page.reload()
    expect(page.locator("[data-problem]")).to_contain_text("A cookie that another application set")

    kept = {kept["name"]: kept["domain"] for kept in context.cookies()}
    assert kept.get("theme") == ".demo.localhost"
    assert "own" not in kept


def test_cookies_that_no_script_can_take_away_are_named(server: Gatehouse) -> None:
    """An HttpOnly one stays: the refusal says what hides the others, since a reload does not help."""
    headers = [(b"Origin", server.url.encode()), (b"Cookie", "theme=é".encode())]

    answer = httpx.post(f"{server.url}/auth/login", headers=headers, json={})

    assert answer.status_code == 403
    assert answer.json()["detail"].startswith("A cookie that another application set")


def test_two_copies_on_one_machine_leave_each_others_people_signed_in(
    server: Gatehouse, serve: Callable[..., Gatehouse], context: BrowserContext, page: Page
) -> None:
    """Browsers do not tell ports apart: whoever loses the cookies is told so, and deletes none."""
    other = serve()
    alice, bob = steps.new_person(server, "Alice"), steps.new_person(other, "Bob")
    steps.sign_in(page, alice)
    beside = context.new_page()
    beside.goto(f"{other.url}/login")
    expect(beside.locator("[data-another-copy]")).to_contain_text("Another copy of Gatehouse")
    steps.fill_sign_in(beside, bob)
    beside.wait_for_url("**/notes")
    theirs = steps.cookie(context, steps.REFRESH)

    page.get_by_label("Search notes").fill("anything")

    page.wait_for_url("**/login?reason=session_ended*")
    expect(page.locator("[data-another-copy]")).to_contain_text("Another copy of Gatehouse")
    assert steps.cookie(context, steps.REFRESH) == theirs
    beside.reload()
    expect(beside.locator("[data-user-name]")).to_have_text("Bob")
    expect(beside.locator("[data-another-copy]")).to_have_count(0)
