"""Devices and security events, in the browser; and what staff see and do."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tests.clients import PASSWORDS
from tests.e2e import mailbox, steps
from tests.servers import Gatehouse

PHONE = "Mozilla/5.0 (Android 16; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"
CAROL = steps.Person("carol@example.com", "Carol", PASSWORDS["carol@example.com"])


def happen(server: Gatehouse, person: steps.Person) -> None:
    """One more event of this person."""
    steps.query(
        server,
        "INSERT INTO gatehouse_audit_securityevent (kind, user_id, session_id, address, user_agent,"
        " detail) SELECT 'signed_out', id, '', '', '', '{}' FROM gatehouse_users_user"
        " WHERE email = ?",
        person.email,
    )


def test_other_device_is_ended_after_the_password_was_asked_for(
    page: Page, new_context: Callable[..., BrowserContext], server: Gatehouse
) -> None:
    """The refused call opens the dialog and then goes on by itself."""
    dora = steps.new_person(server)
    steps.sign_in(page, dora, "/account")
    phone = new_context(user_agent=PHONE).new_page()
    steps.sign_in(phone, dora)
    steps.forget_step_up(server, dora)
    page.reload()
    row = page.locator("[data-devices] li").filter(has_text="Firefox Mobile on Android")
    expect(row).to_contain_text("signed in with the password")
    row.get_by_role("button", name="End the session").click()
    dialog = page.get_by_role("dialog", name="Is it still you?")
    dialog.get_by_label("Password").fill("not the password at all")
    dialog.get_by_role("button", name="Confirm").click()
    expect(dialog).to_contain_text("That is not your password")
    dialog.get_by_label("Password").fill(dora.password)
    dialog.get_by_role("button", name="Confirm").click()

    expect(page.get_by_text("The session on Firefox Mobile on Android has been")).to_be_visible()
    expect(page.locator("[data-ended]")).to_contain_text("Ended by you")
    phone.reload()
    phone.wait_for_url("**/login?*")


def test_all_other_devices_end_after_a_plain_question(
    page: Page, new_context: Callable[..., BrowserContext], server: Gatehouse
) -> None:
    """The question says what will happen; this device stays."""
    dora = steps.new_person(server)
    steps.sign_in(page, dora, "/account")
    phone = new_context(user_agent=PHONE).new_page()
    steps.sign_in(phone, dora)
    page.reload()
    page.get_by_role("button", name="End all others").click()
    dialog = page.get_by_role("dialog", name="End all other sessions?")
    expect(dialog).to_contain_text("This device stays signed in")
    dialog.get_by_role("button", name="End all others").click()
    expect(page.get_by_text("All other sessions have been ended.")).to_be_visible()
    phone.reload()
    phone.wait_for_url("**/login?*")


def test_new_device_is_told_by_mail(
    page: Page, new_context: Callable[..., BrowserContext], server: Gatehouse
) -> None:
    """The mail names the device, and its link leads to a new password."""
    dora = steps.new_person(server)
    steps.sign_in(page, dora)
    steps.sign_in(new_context(user_agent=PHONE).new_page(), dora)
    mailbox.follow_link(page, "A new device has signed in", dora.email)
    page.wait_for_url("**/password/forgot")


def test_events_are_in_plain_words(page: Page, server: Gatehouse) -> None:
    """No kind is shown as the name that programs use."""
    steps.sign_in(page, steps.new_person(server), "/account")
    expect(page.locator("[data-events]")).to_contain_text("Signed in")
    expect(page.locator("[data-events]")).not_to_contain_text("signed_in")


def test_events_are_folded_after_five_and_jump_links_lead_to_each_part(
    page: Page, server: Gatehouse
) -> None:
    """A phone is not long: what is below is one press away, and the entry stays one of somebody."""
    dora = steps.new_person(server)
    for _ in range(24):
        happen(server, dora)
    page.set_viewport_size({"width": 390, "height": 844})
    steps.sign_in(page, dora, "/account")
    rows, more = page.locator("[data-events] li:visible"), page.locator("[data-more-events]")
    expect(rows).to_have_count(5)
    for shown in (20, 25):
        more.click()
        expect(rows).to_have_count(shown)
    expect(more).to_be_hidden()

    jumps = page.get_by_role("navigation", name="On this page")
    for link in jumps.get_by_role("link").all():
        link.click()
        expect(page.locator(link.get_attribute("href"))).to_be_in_viewport()
    server.manage("end_sessions", "--user", dora.email)
    page.reload()
    page.wait_for_url("**/login?reason=session_ended&next=%2Faccount")


def test_staff_filter_the_audit_log(page: Page, server: Gatehouse) -> None:
    """By person and by kind; the address can be kept."""
    dora = steps.new_person(server)
    steps.sign_in(page, dora)
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login?*")
    steps.sign_in(page, CAROL)
    page.get_by_role("link", name="Audit").click()
    page.get_by_label("Person").fill(dora.email)
    page.get_by_label("Person").press("Enter")
    expect(page.locator("[data-count]")).to_have_text("2 events")
    page.get_by_label("What happened").select_option("Signed out")
    expect(page.locator("[data-count]")).to_have_text("1 event")
    expect(page.locator("[data-events] li")).to_contain_text(dora.email)
    page.reload()
    expect(page.locator("[data-count]")).to_have_text("1 event")


def test_next_page_of_the_audit_log_pressed_twice_is_one_page(
    page: Page, server: Gatehouse
) -> None:
    """The second press comes before the first is answered, and asks for the same page."""
    dora = steps.new_person(server)
    for _ in range(45):
        happen(server, dora)
    steps.sign_in(page, CAROL, "/audit")
    page.get_by_label("Person").fill(dora.email)
    page.get_by_label("Person").press("Enter")
    expect(page.locator("[data-page-number]")).to_have_text("Page 1 of 3")
    waiting = steps.hold(page, "**/api/audit?page=2*")

    for _ in range(2):
        page.get_by_role("button", name="Older").click()

    expect(page.locator("[data-page-number]")).to_have_text("Page 2 of 3")
    assert len(waiting) == 1


def test_audit_page_tells_others_that_it_is_for_staff(page: Page, server: Gatehouse) -> None:
    """The page is public, what it would show is not."""
    steps.sign_in(page, steps.new_person(server), "/audit")
    expect(page.get_by_text("Only staff may see this.")).to_be_visible()
    expect(page.get_by_role("link", name="Audit")).to_be_hidden()


def test_audit_page_says_that_the_session_must_be_bound(
    serve: Callable[..., Gatehouse], new_context: Callable[..., BrowserContext]
) -> None:
    """With REQUIRE_BINDING: the tokens are fetched anew, once, and then the page says why not."""
    server = serve(GATEHOUSE_REQUIRE_BINDING=1)
    context = new_context(base_url=server.url)
    refreshed = steps.count_requests(context, "POST", "/auth/refresh")
    own = context.new_page()
    steps.sign_in(own, CAROL, "/audit")

    expect(own.locator("[data-count]")).to_contain_text("bound to this device")
    assert refreshed() == 1


def test_list_of_devices_says_which_are_bound(
    page: Page, new_context: Callable[..., BrowserContext], server: Gatehouse
) -> None:
    """Those whose copied cookies would be of no use."""
    dora = steps.new_person(server)
    phone = new_context(user_agent=PHONE).new_page()
    steps.sign_in(phone, dora)
    [session_id] = steps.sessions_of(server, dora)
    steps.query(server, "UPDATE gatehouse_session SET jkt = 'x' WHERE id = ?", session_id)

    steps.sign_in(page, dora, "/account")

    badge = "Bound to its device"
    rows = page.locator("[data-devices] li")
    expect(rows.filter(has_text="Firefox Mobile").get_by_text(badge)).to_be_visible()
    expect(rows.get_by_text(badge).filter(visible=True)).to_have_count(1)


def test_staff_end_a_session_in_the_administration(
    page: Page, new_context: Callable[..., BrowserContext], server: Gatehouse
) -> None:
    """Signed in to the administration, one click, and the other browser is out."""
    dora = steps.new_person(server)
    steps.sign_in(page, dora)
    staff = new_context().new_page()
    staff.goto("/admin/")
    staff.get_by_label("E-mail").fill(CAROL.email)
    staff.get_by_label("Password").fill(CAROL.password)
    staff.get_by_role("button", name="Log in").click()
    staff.get_by_role("link", name="Sessions").first.click()
    staff.locator("#searchbar").fill(dora.email)
    staff.locator("#searchbar").press("Enter")
    staff.locator("input.action-select").check()
    staff.locator("select[name=action]").select_option(label="End session")
    staff.get_by_role("button", name="Go", exact=True).click()
    expect(staff.get_by_text("Ended 1 of 1.")).to_be_visible()
    page.reload()
    page.wait_for_url("**/login?*")
