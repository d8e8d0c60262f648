"""A new password, in the browser: changed on the account page, or reset by mail."""

from collections.abc import Callable
from dataclasses import replace

from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e import mailbox, steps
from tests.e2e.steps import Person
from tests.servers import Gatehouse

NEW = "two brass kettles whistle"


def test_change_keeps_this_device_and_signs_out_the_other(
    page: Page, new_context: Callable[..., BrowserContext], server: Gatehouse
) -> None:
    """The other browser is on its sign-in page at its next look; this one goes on."""
    dora = steps.new_person(server)
    steps.sign_in(page, dora, "/account")
    other = new_context().new_page()
    steps.sign_in(other, dora)

    page.get_by_label("Current password", exact=True).fill(dora.password)
    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_role("button", name="Change password").click()

    expect(page.get_by_text("Your password has been changed.")).to_be_visible()
    expect(page.locator("[data-events]")).to_contain_text("The password was changed")
    expect(page.locator("[data-ended]")).to_contain_text("The password was changed")
    other.reload()
    other.wait_for_url("**/login?*")
    steps.sign_in(other, replace(dora, password=NEW))


def test_wrong_current_password_is_told_at_its_field(page: Page, server: Gatehouse) -> None:
    """The cursor goes there, and what was typed for the new one stays."""
    dora = steps.new_person(server)
    steps.sign_in(page, dora, "/account")
    page.get_by_label("Current password", exact=True).fill("not the password at all")
    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_role("button", name="Change password").click()

    expect(page.get_by_text("That is not your current password.")).to_be_visible()
    expect(page.get_by_label("Current password", exact=True)).to_be_focused()
    expect(page.get_by_label("New password", exact=True)).to_have_value(NEW)


def test_password_can_be_shown_and_hidden(page: Page, server: Gatehouse) -> None:
    """One button each, which keeps what was typed."""
    steps.sign_in(page, steps.new_person(server), "/account")
    field = page.get_by_label("New password", exact=True)
    field.fill(NEW)
    button = page.get_by_role("button", name="Show the new password")
    for kind in ("text", "password"):
        button.click()
        expect(field).to_have_attribute("type", kind)
        expect(field).to_have_value(NEW)


def test_fields_tell_password_managers_what_they_are(page: Page, server: Gatehouse) -> None:
    """ASVS 5.0 6.2.7: managers fill in and offer to keep."""
    dora = steps.new_person(server)
    steps.sign_in(page, dora, "/account")
    form = page.locator("form[data-password]")
    expect(form.locator("[autocomplete=username]")).to_have_value(dora.email)
    expect(form.locator("[autocomplete=current-password]")).to_have_count(1)
    expect(form.locator("[autocomplete=new-password]")).to_have_count(1)


def test_own_name_in_a_password_counts_as_guessable(page: Page, server: Gatehouse) -> None:
    """The page knows who is typing."""
    dora = steps.new_person(server)
    steps.sign_in(page, dora, "/account")
    page.get_by_label("New password", exact=True).fill(f"{dora.email}{dora.email}")
    expect(page.locator("#new_password-strength")).to_contain_text("easy to guess")


def test_reset_through_the_mailbox_signs_out_every_device(
    page: Page, new_context: Callable[..., BrowserContext], server: Gatehouse
) -> None:
    """Forgot, mail, link, new password, sign in with it."""
    dora = steps.new_person(server)
    other = new_context().new_page()
    steps.sign_in(other, dora)
    page.goto("/login")
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_enabled()
    page.get_by_label("E-mail").fill(dora.email)
    page.get_by_role("link", name="Forgot your password?").click()
    page.wait_for_url("**/password/forgot")  # the address comes along, and stands in no URL
    expect(page.get_by_label("E-mail")).to_have_value(dora.email)
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()
    mailbox.follow_link(page, "Reset your password", dora.email)
    expect(page.locator("[autocomplete=username]")).to_have_value(dora.email)

    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_role("button", name="Set the password").click()

    expect(page.locator("[data-reason].news")).to_contain_text("Your password has been reset")
    expect(page.get_by_label("E-mail")).to_have_value(dora.email)
    other.reload()
    other.wait_for_url("**/login?*")
    steps.sign_in(page, replace(dora, password=NEW))


def test_unknown_address_sees_the_same_page(page: Page) -> None:
    """The page does not tell who has an account, and says what is so in both cases."""
    page.goto("/password/forgot")
    stranger = steps.newcomer().email
    page.get_by_label("E-mail").fill(stranger)
    page.get_by_role("button", name="Send me a link").click()
    expect(page.locator("[data-sent]")).to_contain_text(
        f"If there is an account for {stranger}, a mail is on its way."
    )


def test_guessable_password_is_told_so_once(page: Page, server: Gatehouse) -> None:
    """One box: what the server says takes the place of the advice, until somebody types on."""
    dora = steps.new_person(server)
    steps.sign_in(page, dora, "/account")
    page.get_by_label("Current password", exact=True).fill(dora.password)
    field = page.get_by_label("New password", exact=True)
    box = page.locator(".field", has=field)
    field.fill("michaeljacksonmichael")
    page.get_by_role("button", name="Change password").click()
    expect(page.locator("#new_password-error")).to_contain_text("easy to guess")

    assert box.inner_text().count("easy to guess") == 1

    field.press("End")
    field.press_sequentially("s")
    expect(page.locator("#new_password-error")).to_be_empty()
    expect(page.locator("#new_password-strength")).not_to_be_empty()


def test_demo_person_is_offered_the_password_that_they_never_saw(
    page: Page, server: Gatehouse
) -> None:
    """The demo signed them in by a press; so it is wherever a password is asked for again."""
    alice = Person("alice@example.com", "Alice")
    steps.sign_in(page, alice, "/account")
    steps.forget_step_up(server, alice)
    offer = page.get_by_role("button", name="Fill in Alice’s demo password")
    offer.click()
    expect(page.get_by_label("Current password", exact=True)).to_have_value(alice.password)

    page.get_by_role("button", name="Delete my account").click()
    page.get_by_role("button", name="Delete everything").click()
    dialog = page.get_by_role("dialog", name="Is it still you?")
    expect(dialog.locator("[data-demo-email]:visible")).to_have_count(1)
    dialog.get_by_role("button", name="Fill in Alice’s demo password").click()

    field = dialog.get_by_label("Password", exact=True)
    expect(field).to_have_value(alice.password)
    dialog.get_by_role("button", name="Show what I type").click()
    expect(field).to_have_attribute("type", "text")
    dialog.get_by_role("button", name="Fill in Alice’s demo password").click()
    steps.expect_focus(dialog.get_by_role("button", name="Confirm"))
    page.keyboard.press("Escape")


def test_person_who_is_not_of_the_demo_is_offered_nothing(page: Page, server: Gatehouse) -> None:
    """Nor anybody else's password."""
    dora = steps.new_person(server)
    steps.sign_in(page, dora, "/account")

    expect(page.locator("[data-demo-email]:visible")).to_have_count(0)
