"""A captive portal or an access proxy answers in the server's place: nothing it says is believed."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e import foreign, steps
from tests.e2e.foreign import ANSWERS, FEW, NO_STORE, SAID
from tests.e2e.steps import Person
from tests.servers import Gatehouse


@pytest.fixture
def alice(server: Gatehouse) -> Person:
    """Somebody in a hotel."""
    return steps.new_person(server, "Alice")


def test_note_saved_past_a_portal_keeps_its_text_and_is_saved_later(
    server: Gatehouse, page: Page, alice: Person
) -> None:
    """No answer but the note itself is "Saved", for a new note and for a change to one."""
    steps.sign_in(page, alice)
    steps.write_note(page, "Long letter", "three hours of work")
    error, save = page.locator("[data-form-error]"), page.get_by_role("button", name="Save")

    def all_refused(address: str, method: str) -> None:
        for given in ANSWERS.values():
            asked = foreign.answer(page, address, method, given)
            save.click()
            expect(error).to_contain_text(SAID)
            expect(page.locator("[data-saved]")).to_have_text("Not saved yet")
            assert asked() == 1
        page.unroute(address)
        expect(page.get_by_label("Title")).to_have_value("Long letter")
        expect(error).to_contain_text("Your text is still here.")

    all_refused("**/api/notes", "POST")
    steps.save_note(page)
    assert steps.notes_of(server, alice) == [("Long letter", "three hours of work")]

    steps.note(page, "Long letter").click()
    page.get_by_label("Text", exact=True).fill("four hours of work")
    all_refused("**/api/notes/*", "GET")
    all_refused("**/api/notes/*", "PATCH")
    steps.save_note(page)
    assert steps.notes_of(server, alice) == [("Long letter", "four hours of work")]


def test_note_deleted_past_a_portal_stays(server: Gatehouse, page: Page, alice: Person) -> None:
    """Not even "not found" is believed, which from the server would mean that it is gone."""
    steps.give_note(server, alice, "Keep me")
    steps.sign_in(page, alice)
    steps.note(page, "Keep me").click()

    delete = page.locator("[data-delete]")
    for given in FEW:
        asked = foreign.answer(page, "**/api/notes/*", "DELETE", given)
        delete.click()
        page.get_by_role("dialog").get_by_role("button", name="Delete note").click()
        expect(delete).not_to_have_attribute("aria-busy", "true")
        assert asked() == 1
        expect(page.locator("[data-form-error]")).to_contain_text(SAID)
        expect(page.get_by_label("Title")).to_have_value("Keep me")

    assert steps.notes_of(server, alice) == [("Keep me", "")]


def test_list_past_a_portal_says_so(page: Page, alice: Person) -> None:
    """Neither an empty list nor a script error: the failure, and a way on."""
    steps.sign_in(page, alice)
    problem = page.locator("[data-problem]")

    for given in FEW:
        foreign.answer(page, "**/api/notes?*", "GET", given)
        page.get_by_role("searchbox").press("Enter")
        expect(problem).to_contain_text(SAID)
        page.unroute("**/api/notes?*")
        problem.get_by_role("button", name="Try again").click()
        expect(problem).to_be_hidden()


def test_sign_out_past_a_portal_does_not_say_that_it_is_done(
    server: Gatehouse, page: Page, alice: Person
) -> None:
    """Even an answer that looks like ours is checked: the server is asked who is signed in."""
    steps.sign_in(page, alice)
    notice = page.locator("[data-notice]")

    for given in (*ANSWERS.values(), {"status": 204, "headers": NO_STORE}):
        foreign.answer(page, "**/auth/logout", "POST", given)
        page.get_by_role("button", name="Sign out").click()
        expect(notice).to_contain_text("You are still signed in.")
        expect(notice).to_contain_text(SAID)
        notice.get_by_role("button", name="Close").click()

    assert len(steps.sessions_of(server, alice)) == 1
    expect(page.locator("[data-user-name]")).to_have_text(alice.name)
    page.unroute("**/auth/logout")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login?reason=signed_out")
    assert steps.sessions_of(server, alice) == []


@pytest.mark.parametrize(
    ("address", "method"), [("**/auth/refresh", "POST"), ("**/auth/session", "GET")]
)
def test_refresh_past_a_portal_signs_nobody_out(
    server: Gatehouse,
    context: BrowserContext,
    page: Page,
    alice: Person,
    address: str,
    method: str,
) -> None:
    """The text stays, the session too, and the next Save refreshes and saves."""
    steps.sign_in(page, alice)
    steps.write_note(page, "At the station")
    steps.lose_access(context)

    for given in ANSWERS.values():
        foreign.answer(page, address, method, given)
        page.get_by_role("button", name="Save").click()
        expect(page.locator("[data-form-error]")).to_contain_text(SAID)
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(page.locator("[data-saved]")).to_have_text("Not saved yet")
        expect(page.locator("[data-user-name]")).to_have_text(alice.name)

    page.unroute(address)
    steps.save_note(page)
    assert steps.notes_of(server, alice) == [("At the station", "")]
    assert len(steps.sessions_of(server, alice)) == 1


def test_page_opened_past_a_portal_does_not_ask_for_a_password(page: Page, alice: Person) -> None:
    """Who is signed in is not known: the page says so, and tries again when it is told to."""
    steps.sign_in(page, alice)
    for given in FEW:
        foreign.answer(page, "**/auth/session", "GET", given)
        page.reload()
        expect(page.locator("[data-notice]")).to_contain_text(SAID)

    page.unroute("**/auth/session")
    page.get_by_role("button", name="Try again").click()

    steps.expect_signed_in(page, alice)
    assert page.url.endswith("/notes")


def test_sign_in_past_a_portal_keeps_what_was_typed(page: Page, alice: Person) -> None:
    """The form says so, and works as soon as the server can be reached."""
    page.goto("/login")
    page.get_by_label("E-mail").fill(alice.email)
    page.get_by_label("Password", exact=True).fill(alice.password)
    button = page.get_by_role("button", name="Sign in", exact=True)

    for given in ANSWERS.values():
        asked = foreign.answer(page, "**/auth/login", "POST", given)
        button.click()
        expect(button).not_to_have_attribute("aria-busy", "true")
        expect(page.locator("[data-form-error]")).to_contain_text(SAID)
        assert asked() == 1

    expect(page.get_by_label("Password", exact=True)).to_have_value(alice.password)
    page.unroute("**/auth/login")
    button.click()
    page.wait_for_url("**/notes")


def test_account_changed_past_a_portal_claims_nothing(
    server: Gatehouse, page: Page, alice: Person
) -> None:
    """Name, address, password, devices, step-up, download and deletion: each says that it failed."""
    steps.sign_in(page, alice, "/account")
    expect(page.locator("[data-devices] li")).to_have_count(1)
    new = "a long walk along the river"
    page.get_by_label("Name", exact=True).fill("Alice the Great")
    page.get_by_label("New e-mail address").fill("alice@elsewhere.example")
    page.get_by_label("Current password").fill(alice.password)
    page.get_by_label("New password", exact=True).fill(new)
    presses = {
        "[data-profile]": ("Save the name", "**/auth/account", "PATCH"),
        "[data-email]": ("Send link", "**/auth/email/change", "POST"),
        "[data-password]": ("Change password", "**/auth/password/change", "POST"),
    }

    for form, (button, address, method) in presses.items():
        for given in FEW:
            foreign.answer(page, address, method, given)
            page.locator(form).get_by_role("button", name=button).click()
            expect(page.locator(f"{form} [data-form-error]")).to_contain_text(SAID)
            expect(page.locator(f"{form} [data-said]")).to_be_empty()
        page.unroute(address)

    said = page.locator("[data-own] [data-said]")
    download, delete = page.locator("[data-export]"), page.locator("[data-delete-account]")
    for given in FEW:
        exports = foreign.answer(page, "**/auth/account/export", "GET", given)
        download.click()
        expect(download).not_to_have_attribute("aria-busy", "true")
        assert exports() == 1
        expect(said).to_contain_text(SAID)
        deletions = foreign.answer(page, "**/auth/account", "DELETE", given)
        delete.click()
        page.get_by_role("button", name="Delete everything").click()
        expect(delete).not_to_have_attribute("aria-busy", "true")
        assert deletions() == 1
        expect(said).to_contain_text(SAID)
        for list_of, address in (("devices", "**/auth/sessions?*"), ("events", "**/auth/events?*")):
            asked = foreign.answer(page, address, "GET", given)
            page.evaluate(
                "(name) => import(`/static/js/account/${name}.js`).then((list) => list.load())",
                list_of,
            )
            assert asked() == 1
        expect(page.locator("[data-devices-problem]")).to_contain_text(SAID)
        expect(page.locator("[data-events-status]")).to_contain_text(SAID)
    page.unroute("**/auth/account")

    steps.forget_step_up(server, alice)
    dialog = page.get_by_role("dialog")
    page.get_by_role("button", name="Delete my account").click()
    page.get_by_role("button", name="Delete everything").click()
    dialog.get_by_label("Password").fill(alice.password)
    for given in FEW:
        foreign.answer(page, "**/auth/reauthenticate", "POST", given)
        dialog.get_by_role("button", name="Confirm").click()
        expect(dialog).to_contain_text(SAID)
        expect(dialog.get_by_label("Password")).to_have_value(alice.password)

    expect(page.get_by_label("Name", exact=True)).to_have_value("Alice the Great")
    expect(page.get_by_label("New password", exact=True)).to_have_value(new)
    assert len(steps.sessions_of(server, alice)) == 1


MAIL_FORMS = {"/register": "**/auth/register", "/password/forgot": "**/auth/password/reset"}


@pytest.mark.parametrize("path", MAIL_FORMS)
def test_mail_asked_for_past_a_portal_is_not_said_to_be_on_its_way(page: Page, path: str) -> None:
    """The form stays, with what was typed."""
    page.goto(path)
    page.get_by_label("E-mail").fill("alice@example.com")

    for given in FEW:
        asked = foreign.answer(page, MAIL_FORMS[path], "POST", given)
        page.locator("[data-submit]").click()
        expect(page.locator("[data-submit]")).not_to_have_attribute("aria-busy", "true")
        expect(page.locator("[data-form-error]")).to_contain_text(SAID)
        assert asked() == 1

    expect(page.locator("[data-sent]")).to_be_hidden()
    expect(page.get_by_label("E-mail")).to_have_value("alice@example.com")


LINKS = {
    "/password/reset": "**/auth/password/reset/confirm",
    "/register/finish": "**/auth/email/verify",
}


@pytest.mark.parametrize("path", LINKS)
def test_link_used_past_a_portal_is_not_used_up(page: Page, path: str) -> None:
    """The page keeps the link and the password, and leads nowhere."""
    foreign.answer(page, LINKS[path], "POST", ANSWERS["a page"])
    page.goto(f"{path}#token={'t' * 43}")
    page.locator("input[type=password]").fill("a long walk along the river")

    for given in FEW:
        foreign.answer(page, LINKS[path], "POST", given)
        page.locator("[data-submit]").click()
        expect(page.locator("[data-submit]")).not_to_have_attribute("aria-busy", "true")
        expect(page.locator("[data-form-error]")).to_contain_text(SAID)

    assert page.url.endswith("t" * 43)
    expect(page.locator("input[type=password]")).to_have_value("a long walk along the river")


def test_pages_that_only_read_say_what_answered(page: Page, server: Gatehouse) -> None:
    """The audit log, the mailbox, and an experiment of the lab, with each answer."""
    staff = Person("carol@example.com", "Carol", steps.PASSWORDS["carol@example.com"])
    steps.sign_in(page, staff, "/audit")
    for given in FEW:
        foreign.answer(page, "**/api/audit?*", "GET", given)
        page.locator("[data-filters] [data-submit]").click()
        expect(page.locator("[data-count]")).to_contain_text(SAID)
        page.unroute("**/api/audit?*")
        page.locator("[data-filters] [data-submit]").click()
        expect(page.locator("[data-count]")).not_to_contain_text(SAID)

    for given in FEW:
        foreign.answer(page, "**/mail/messages", "GET", given)
        page.goto("/mail")
        expect(page.locator("[data-count]")).to_contain_text(SAID)

    page.goto("/learn/inspect")
    own = page.locator("lab-experiment#own")
    for given in FEW:
        foreign.answer(page, "**/learn/api/inspect", "GET", given)
        own.locator("[data-run]").click()
        expect(own.locator("[data-verdict]")).to_contain_text(f"It did not run: {SAID}")
