"""The notes page as people use it, on good days and on bad ones."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.e2e import steps
from tests.e2e.conftest import Console
from tests.e2e.steps import Person
from tests.servers import Gatehouse

PAYLOADS = (
    "<script>globalThis.pwned = 1</script>",
    "<img src=x onerror=globalThis.pwned=1>",
    "\"'><svg onload=globalThis.pwned=1>",
    "</textarea><a href=javascript:globalThis.pwned=1>click</a>",
    "{{ 7 * 7 }} ${7*7} &lt;b&gt;",
)


@pytest.fixture
def alice(server: Gatehouse, page: Page) -> Person:
    """Somebody who writes; not signed in yet, without notes."""
    return steps.new_person(server, "Alice")


def test_first_visit_says_that_there_are_no_notes_yet(page: Page, alice: Person) -> None:
    """An empty list explains itself, and the way to the first note is at hand."""
    steps.sign_in(page, alice)

    expect(page.locator("[data-count]")).to_contain_text("You have no notes yet.")
    expect(page.locator("[data-pager]")).to_be_hidden()
    page.get_by_role("button", name="New note").click()
    expect(page.get_by_label("Title")).to_be_focused()


def test_note_is_written_edited_and_deleted(server: Gatehouse, page: Page, alice: Person) -> None:
    """The whole life of a note; each step is kept by the server, deletion after a second word."""
    steps.sign_in(page, alice)

    steps.write_note(page, "Shopping", "milk")
    steps.save_note(page)
    expect(steps.note(page, "Shopping")).to_contain_text("milk")
    assert steps.notes_of(server, alice) == [("Shopping", "milk")]

    page.get_by_role("button", name="Close").click()
    steps.note(page, "Shopping").click()
    page.get_by_label("Text", exact=True).fill("milk and bread")
    expect(page.locator("[data-saved]")).to_have_text("Not saved yet")
    steps.save_note(page)
    expect(steps.note(page, "Shopping")).to_contain_text("milk and bread")
    assert steps.notes_of(server, alice) == [("Shopping", "milk and bread")]

    dialog = page.get_by_role("dialog")
    page.get_by_role("button", name="Delete").click()
    expect(dialog).to_contain_text("“Shopping” will be gone for good.")
    dialog.get_by_role("button", name="Cancel").click()
    assert len(steps.notes_of(server, alice)) == 1
    page.get_by_role("button", name="Delete").click()
    dialog.get_by_role("button", name="Delete note").click()
    expect(page.locator("[data-list] li")).to_have_count(0)
    expect(page.locator("[data-count]")).to_contain_text("You have no notes yet.")
    assert steps.notes_of(server, alice) == []


def test_note_without_a_title_is_not_sent(
    context: BrowserContext, page: Page, alice: Person
) -> None:
    """The page says what is missing, at the field."""
    steps.sign_in(page, alice)
    saves = steps.count_requests(context, "POST", "/api/notes")
    steps.write_note(page, "", "a text without a name")

    page.get_by_role("button", name="Save").click()

    expect(page.locator("#title-error")).to_have_text("Please enter the title.")
    expect(page.get_by_label("Title")).to_be_focused()
    assert saves() == 0


def test_save_pressed_twice_saves_once(server: Gatehouse, page: Page, alice: Person) -> None:
    """A double click is one wish."""
    steps.sign_in(page, alice)
    steps.write_note(page, "Impatient")

    page.get_by_role("button", name="Save").dblclick()

    expect(page.locator("[data-saved]")).to_have_text("Saved")
    expect(page.locator("[data-list] li")).to_have_count(1)
    assert steps.notes_of(server, alice) == [("Impatient", "")]


def test_search_shows_the_notes_that_match(server: Gatehouse, page: Page, alice: Person) -> None:
    """In title or text, in any case, as one types; and says so when there is none."""
    steps.give_note(server, alice, "Bees", "They sleep in winter")
    steps.give_note(server, alice, "Bread", "Flour, water, salt")
    steps.sign_in(page, alice)
    search, rows = page.get_by_label("Search notes"), page.locator("[data-list] li")
    expect(rows).to_have_count(2)

    search.fill("WINTER")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Bees")
    search.fill("100%_\\")
    expect(page.locator("[data-count]")).to_have_text("No note has “100%_\\” in it.")
    expect(rows).to_have_count(0)
    search.fill("")
    expect(rows).to_have_count(2)


def test_many_notes_come_in_pages(server: Gatehouse, page: Page, alice: Person) -> None:
    """Twenty a page, the newest first, and back again."""
    for age in range(21):
        steps.give_note(server, alice, f"Note number {age:02}", age=age)
    steps.sign_in(page, alice)
    rows = page.locator("[data-list] li")
    expect(rows).to_have_count(20)
    expect(rows.first).to_contain_text("Note number 00")
    expect(page.locator("[data-page-number]")).to_have_text("Page 1 of 2")
    expect(page.get_by_role("button", name="Previous")).to_be_disabled()

    page.get_by_role("button", name="Next").click()

    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Note number 20")
    expect(page.get_by_role("button", name="Next")).to_be_disabled()
    page.get_by_role("button", name="Previous").click()
    expect(rows).to_have_count(20)


@pytest.mark.parametrize("fails", [False, True], ids=["pressed twice", "again after a failure"])
def test_previous_leads_no_further_than_to_the_first_page(
    server: Gatehouse, page: Page, alice: Person, fails: bool
) -> None:
    """One page back from the one on the screen, however often it is pressed meanwhile."""
    for age in range(21):
        steps.give_note(server, alice, f"Note number {age:02}", age=age)
    steps.sign_in(page, alice)
    page.get_by_role("button", name="Next").click()
    expect(page.locator("[data-page-number]")).to_have_text("Page 2 of 2")
    previous = page.get_by_role("button", name="Previous")
    waiting = steps.hold(page, "**/api/notes?page=1")

    previous.click()
    if fails:
        expect(page.locator("[data-list]")).to_have_attribute("aria-busy", "true")
        out_of_order(waiting[0])
        expect(page.locator("[data-problem]")).to_be_visible()
    previous.click()

    expect(page.locator("[data-page-number]")).to_have_text("Page 1 of 2")
    expect(page.locator("[data-list] li")).to_have_count(20)
    expect(page.locator("[data-problem]")).to_be_hidden()


def test_last_note_of_the_last_page_deleted_shows_the_page_before(
    server: Gatehouse, page: Page, alice: Person
) -> None:
    """The page that is gone must not leave an error behind."""
    for age in range(21):
        steps.give_note(server, alice, f"Note number {age:02}", age=age)
    steps.sign_in(page, alice)
    page.get_by_role("button", name="Next").click()
    steps.note(page, "Note number 20").click()

    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete note").click()

    expect(page.locator("[data-list] li")).to_have_count(20)
    expect(page.locator("[data-pager]")).to_be_hidden()
    expect(page.locator("[data-problem]")).to_be_hidden()


def out_of_order(route: Route) -> None:
    route.fulfill(
        status=503,
        content_type="application/problem+json",
        body='{"type":"about:blank","title":"Unavailable","status":503,"code":"unavailable",'
        '"detail":"The service cannot answer right now."}',
    )


def test_server_in_trouble_says_so_and_try_again_recovers(
    server: Gatehouse, context: BrowserContext, page: Page, alice: Person
) -> None:
    """The list shows the failure and a way on; nobody is signed out by it."""
    steps.give_note(server, alice, "Still there")
    context.route("**/api/notes?*", out_of_order)
    steps.sign_in(page, alice)
    problem = page.locator("[data-problem]")
    expect(problem).to_contain_text("The service cannot answer right now.")

    context.unroute("**/api/notes?*")
    problem.get_by_role("button", name="Try again").click()

    expect(steps.note(page, "Still there")).to_be_visible()
    expect(problem).to_be_hidden()


def test_server_in_trouble_while_saving_keeps_the_text(
    server: Gatehouse, context: BrowserContext, page: Page, alice: Person
) -> None:
    """A failed save leaves the editor as it was, and the next one works."""
    steps.sign_in(page, alice)
    steps.write_note(page, "Patience", "comes to those who wait")
    context.route("**/api/notes", out_of_order)

    page.get_by_role("button", name="Save").click()

    expect(page.locator("[data-form-error]")).to_have_text(
        "The service cannot answer right now. Your text is still here."
    )
    expect(page.get_by_label("Text", exact=True)).to_have_value("comes to those who wait")
    context.unroute("**/api/notes")
    steps.save_note(page)
    assert steps.notes_of(server, alice) == [("Patience", "comes to those who wait")]


def save_and_turn_to(page: Page, title: str) -> None:
    """Save, and while that is on its way leave for another note; an empty title: a new one."""
    page.get_by_role("button", name="Save").click()
    expect(page.locator("[data-saved]")).to_have_text("Saving…")
    (steps.note(page, title) if title else page.get_by_role("button", name="New note")).click()
    page.get_by_role("dialog").get_by_role("button", name="Discard text").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("turned_to", ["Second", ""], ids=["another note", "a new note"])
def test_save_answered_late_leaves_the_note_alone_that_was_opened_meanwhile(
    server: Gatehouse, page: Page, alice: Person, turned_to: str
) -> None:
    """Two new notes, or two that were there: what is saved next is the one that is in the form."""
    steps.give_note(server, alice, "Second", "the other")
    steps.sign_in(page, alice)
    waiting = steps.hold(page, "**/api/notes")
    steps.write_note(page, "First", "of the first")
    save_and_turn_to(page, turned_to)
    page.get_by_label("Title").fill("Second, changed")

    waiting[0].continue_()

    expect(steps.note(page, "First")).to_be_visible()
    expect(page.locator("[data-saved]")).to_have_text("Not saved yet")
    expect(page.get_by_label("Title")).to_have_value("Second, changed")
    expect(page.locator("[aria-current=true]")).to_have_count(1 if turned_to else 0)
    steps.save_note(page)
    texts = dict(steps.notes_of(server, alice))
    assert texts.pop("First") == "of the first"
    assert texts.pop("Second, changed") == ("the other" if turned_to else "")
    assert set(texts) == (set() if turned_to else {"Second"})


def test_save_that_fails_late_is_told_beside_the_note_that_was_opened_meanwhile(
    server: Gatehouse, page: Page, alice: Person
) -> None:
    """The error names its note, and is no error of the other's form."""
    steps.give_note(server, alice, "Second", "the other")
    steps.sign_in(page, alice)
    waiting = steps.hold(page, "**/api/notes")
    steps.write_note(page, "First")
    save_and_turn_to(page, "Second")

    out_of_order(waiting[0])

    notice = page.locator("[data-notice]")
    expect(notice).to_contain_text("“First” could not be saved. The service cannot answer")
    expect(page.locator("[data-form-error]")).to_have_text("")
    notice.get_by_role("button", name="Close").click()
    expect(notice).to_be_empty()


def test_deletion_answered_late_leaves_the_note_alone_that_was_opened_meanwhile(
    server: Gatehouse, page: Page, alice: Person
) -> None:
    """What was typed into the other note stays, and so does its form."""
    for title in ("First", "Second"):
        steps.give_note(server, alice, title)
    steps.sign_in(page, alice)
    waiting = steps.hold(page, "**/api/notes/*")
    steps.note(page, "First").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete note").click()
    steps.note(page, "Second").click()
    page.get_by_label("Text", exact=True).fill("typed meanwhile")

    waiting[0].continue_()

    expect(steps.note(page, "First")).to_have_count(0)
    expect(page.get_by_label("Text", exact=True)).to_have_value("typed meanwhile")
    steps.save_note(page)
    assert steps.notes_of(server, alice) == [("Second", "typed meanwhile")]


def test_offline_says_so_keeps_the_text_and_saves_it_later(
    server: Gatehouse, context: BrowserContext, page: Page, alice: Person
) -> None:
    """In the tunnel nothing is lost and nobody is signed out; after it, Save saves once."""
    steps.sign_in(page, alice)
    steps.write_note(page, "Tunnel", "written in the dark")
    context.set_offline(True)

    page.get_by_role("button", name="Save").click()
    expect(page.locator("[data-form-error]")).to_contain_text("The server cannot be reached.")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.get_by_label("Search notes").fill("anything")
    expect(page.locator("[data-problem]")).to_contain_text("The server cannot be reached.")
    expect(page.locator("[data-user-name]")).to_have_text(alice.name)

    context.set_offline(False)
    steps.save_note(page)
    assert steps.notes_of(server, alice) == [("Tunnel", "written in the dark")]


def test_note_deleted_elsewhere_while_it_is_edited_is_saved_as_a_new_one(
    server: Gatehouse, page: Page, alice: Person
) -> None:
    """The page says what happened; the text stays, and the next Save keeps it."""
    steps.give_note(server, alice, "Milk for the day")
    steps.sign_in(page, alice)
    steps.note(page, "Milk for the day").click()
    page.get_by_label("Text", exact=True).fill("Two bottles")
    steps.query(server, "DELETE FROM api_note WHERE title = ?", "Milk for the day")

    page.get_by_role("button", name="Save").click()

    expect(page.locator("[data-form-error]")).to_contain_text("has been deleted elsewhere")
    steps.save_note(page)
    assert steps.notes_of(server, alice) == [("Milk for the day", "Two bottles")]


def test_note_changed_elsewhere_keeps_what_was_changed_there(
    server: Gatehouse, page: Page, alice: Person
) -> None:
    """The list of a second tab is old: what the person did not touch is not sent back."""
    steps.give_note(server, alice, "Milk", "one bottle")
    steps.sign_in(page, alice)
    steps.note(page, "Milk").click()
    steps.query(server, "UPDATE api_note SET body = ? WHERE title = ?", "three bottles", "Milk")
    page.get_by_label("Title").fill("Milk for the day")

    steps.save_note(page)

    assert steps.notes_of(server, alice) == [("Milk for the day", "three bottles")]
    expect(page.get_by_label("Text", exact=True)).to_have_value("three bottles")


def test_text_changed_elsewhere_is_not_written_over_without_a_word(
    server: Gatehouse, page: Page, alice: Person
) -> None:
    """Two tabs, one note: the second Save says so, and keeps both texts until the person decides."""
    steps.give_note(server, alice, "Milk", "one bottle")
    steps.sign_in(page, alice)
    steps.note(page, "Milk").click()
    page.get_by_label("Text", exact=True).fill("two bottles")
    changed = "UPDATE api_note SET title = ?, body = ? WHERE title = ?"
    steps.query(server, changed, "Cream", "three bottles", "Milk")

    page.get_by_role("button", name="Save").click()

    expect(page.locator("[data-form-error]")).to_contain_text("has been changed elsewhere")
    expect(page.get_by_label("Text", exact=True)).to_have_value("two bottles")
    expect(page.get_by_label("Title")).to_have_value("Cream")
    expect(page.get_by_role("region", name="The other version")).to_contain_text("Cream")
    assert steps.notes_of(server, alice) == [("Cream", "three bottles")]
    steps.save_note(page)
    expect(page.get_by_role("region", name="The other version")).to_have_count(0)
    assert steps.notes_of(server, alice) == [("Cream", "two bottles")]


def test_version_of_elsewhere_stands_beside_to_be_added_or_taken(
    server: Gatehouse, page: Page, alice: Person
) -> None:
    """Both texts are seen at once, at either end one of them or both, and none is lost by a slip."""
    page.set_viewport_size({"width": 1280, "height": 800})
    steps.give_note(server, alice, "Milk", "one bottle")
    steps.sign_in(page, alice)
    steps.note(page, "Milk").click()
    text = page.get_by_label("Text", exact=True)
    text.fill("two bottles")
    steps.query(server, "UPDATE api_note SET body = ? WHERE title = ?", "three bottles", "Milk")
    page.get_by_role("button", name="Save").click()
    other = page.get_by_role("textbox", name="The other version")
    expect(other).to_have_value("three bottles")
    mine, theirs = text.bounding_box(), other.bounding_box()
    assert mine["x"] + mine["width"] < theirs["x"]

    page.get_by_role("button", name="Add its text to mine").click()
    expect(text).to_have_value("two bottles\n\nthree bottles")

    page.get_by_role("button", name="Take this version").click()
    dialog = page.get_by_role("dialog", name="Take the other version?")
    dialog.get_by_role("button", name="Cancel").click()
    expect(text).to_have_value("two bottles\n\nthree bottles")
    page.get_by_role("button", name="Take this version").click()
    dialog.get_by_role("button", name="Take the other").click()
    expect(text).to_have_value("three bottles")
    expect(other).to_have_count(0)
    page.get_by_role("button", name="Close").click()
    expect(page.locator("[data-editor]")).to_be_hidden()


def test_back_closes_the_note_and_asks_about_unsaved_text(
    server: Gatehouse, page: Page, alice: Person
) -> None:
    """The editor is one step of the history, whichever notes were open in it."""
    for title in ("Milk", "Bread"):
        steps.give_note(server, alice, title)
    steps.sign_in(page, alice)
    editor, dialog = page.locator("[data-editor]"), page.get_by_role("dialog")
    steps_before = page.evaluate("history.length")
    for title in ("Milk", "Bread"):
        steps.note(page, title).click()
        expect(page.get_by_label("Title")).to_have_value(title)

    page.evaluate("history.back()")
    expect(editor).to_be_hidden()
    steps.expect_focus(steps.note(page, "Bread"))
    page.evaluate("history.forward()")
    expect(page.get_by_label("Title")).to_have_value("Bread")
    page.reload()
    expect(page.get_by_label("Title")).to_have_value("Bread")

    page.get_by_label("Text", exact=True).fill("rye")
    page.get_by_role("link", name="Skip to content").press("Enter")
    steps.expect_focus(page.locator("main"))
    page.evaluate("history.back()")
    dialog.get_by_role("button", name="Cancel").click()
    expect(page.get_by_label("Text", exact=True)).to_have_value("rye")
    page.wait_for_function("() => history.state.note")
    page.evaluate("history.back()")
    dialog.get_by_role("button", name="Discard text").click()
    expect(editor).to_be_hidden()
    assert page.url.endswith("/notes")

    steps.write_note(page, "New")
    steps.save_note(page)
    page.get_by_role("button", name="Close").click()
    page.wait_for_function("() => !history.state.note")
    assert page.evaluate("history.length") == steps_before + 1


def test_text_that_is_too_long_says_so_and_is_not_cut(
    server: Gatehouse, page: Page, alice: Person
) -> None:
    """How long it is, how long it may be. A dialog quotes no more than a line of it."""
    steps.sign_in(page, alice)
    steps.write_note(page, "t" * 201, "b" * 10_000)
    title, count = page.get_by_label("Title"), page.locator("#title-length")
    expect(count).to_have_text("201 of at most 200 characters: 1 too many")
    expect(page.locator("#body-length")).to_be_empty()
    page.get_by_label("Text", exact=True).press("b")
    expect(page.locator("#body-length")).to_have_text("10,001 of at most 100,000 characters")

    page.get_by_role("button", name="Save").click()

    expect(page.locator("#title-error")).to_have_text(
        "A title can have at most 200 characters; this one has 201."
    )
    expect(title).to_have_value("t" * 201)
    title.press("End")
    title.press("Backspace")
    steps.save_note(page)
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog")).to_contain_text(f"“{'t' * 80}…”")


def test_list_is_current_when_the_person_comes_back_to_the_tab(
    server: Gatehouse, context: BrowserContext, page: Page, alice: Person
) -> None:
    """What another tab has written stands in it, and a failure to ask is no news."""
    steps.give_note(server, alice, "Milk")
    steps.sign_in(page, alice)
    expect(steps.note(page, "Milk")).to_be_visible()
    steps.query(server, "UPDATE api_note SET title = ? WHERE title = ?", "Cream", "Milk")

    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    expect(steps.note(page, "Cream")).to_be_visible()

    context.route("**/api/notes?*", out_of_order)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("[data-list]")).not_to_have_attribute("aria-busy", "true")
    expect(page.locator("[data-problem]")).to_be_hidden()
    expect(steps.note(page, "Cream")).to_be_visible()


def test_markup_in_a_note_is_shown_as_text(
    server: Gatehouse, page: Page, alice: Person, console: Console
) -> None:
    """Title, text, search and dialog: nothing that a person typed becomes part of the page."""
    steps.sign_in(page, alice)
    for payload in PAYLOADS:
        steps.write_note(page, payload, payload)
        steps.save_note(page)
    page.reload()

    for payload in PAYLOADS:
        row = page.locator("[data-list] [data-open]").filter(has_text=payload)
        expect(row.locator("[data-slot='title']")).to_have_text(payload)
        expect(row.locator("[data-slot='body']")).to_have_text(payload)
        row.click()
        expect(page.get_by_label("Text", exact=True)).to_have_value(payload)
        page.get_by_role("button", name="Delete").click()
        expect(page.get_by_role("dialog")).to_contain_text(payload)
        page.keyboard.press("Escape")
        page.get_by_label("Search notes").fill(payload + "!")
        expect(page.locator("[data-count]")).to_have_text(f"No note has “{payload}!” in it.")
        page.get_by_label("Search notes").fill("")

    assert page.locator("main").locator("script, img, svg, a").count() == 0
    assert page.evaluate("globalThis.pwned") is None
    assert console.csp_violations == []


def test_someone_elses_note_is_not_found(
    server: Gatehouse, page: Page, alice: Person, new_context: Callable[..., BrowserContext]
) -> None:
    """Mallory knows the id and is signed in: read, change and delete are all 404."""
    steps.give_note(server, alice, f"Private to {alice.email}", "hers alone")
    [[note_id]] = steps.query(
        server, "SELECT id FROM api_note WHERE title = ?", f"Private to {alice.email}"
    )
    mallory = new_context().new_page()
    steps.sign_in(mallory, steps.new_person(server, "Mallory"))

    path = f"/api/notes/{note_id}"
    answers = [
        steps.call(mallory, "GET", path),
        steps.call(mallory, "PATCH", path, {"title": "Mine"}),
        steps.call(mallory, "DELETE", path),
    ]

    assert [answer["status"] for answer in answers] == [404, 404, 404]
    assert steps.notes_of(server, alice) == [(f"Private to {alice.email}", "hers alone")]
    expect(mallory.locator("[data-list] li")).to_have_count(0)
