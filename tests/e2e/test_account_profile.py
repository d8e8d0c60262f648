"""One's own profile and data, in the browser."""

import json
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e import downloading, mailbox, steps
from tests.servers import Gatehouse


def test_new_name_is_saved_and_shown(page: Page, server: Gatehouse) -> None:
    """Saved, said, and in the header at once."""
    steps.sign_in(page, steps.new_person(server), "/account")
    field = page.get_by_label("Name", exact=True)
    expect(field).to_have_value("Dora")
    field.fill("Dora Dormouse")
    field.press("Enter")
    expect(page.get_by_text("Your name has been saved.")).to_be_visible()
    expect(page.locator("[data-user-name]")).to_have_text("Dora Dormouse")


def test_name_turns_nothing_round_that_stands_beside_it(page: Page, server: Gatehouse) -> None:
    """A name may hold marks of direction; what follows it on the page still follows it."""
    dora = steps.new_person(server)
    steps.sign_in(page, dora, "/account")
    override = "\u202edora"  # right to left from here on, without an end
    page.get_by_label("Name", exact=True).fill(override)
    page.get_by_label("Name", exact=True).press("Enter")
    expect(page.locator("[data-user-name]")).to_have_text(override)

    page.goto("/login")

    name = page.locator("[data-reason]").get_by_text("dora").bounding_box()
    link = page.get_by_role("link", name="Go on to your notes").bounding_box()
    assert name["x"] < link["x"]


def test_new_address_counts_after_its_link(page: Page, server: Gatehouse) -> None:
    """The new address gets a link, the old one is told, and this browser stays signed in."""
    dora, wanted = steps.new_person(server), steps.newcomer().email
    steps.sign_in(page, dora, "/account")
    page.get_by_label("New e-mail address").fill(wanted)
    page.get_by_role("button", name="Send link").click()
    expect(page.get_by_text(f"A mail is on its way to {wanted}")).to_be_visible()

    mailbox.follow_link(page, "Confirm your new address", wanted)
    expect(page.locator("[data-link-form]")).to_contain_text(f"you sign in with {wanted}.")
    page.get_by_role("button", name="Use this address").click()
    page.get_by_role("link", name="Go to your account").click()

    expect(page.locator("[data-slot=email]").first).to_have_text(wanted)
    expect(page.locator("[data-events]")).to_contain_text("The e-mail address was changed")
    mailbox.open_mail(page, "Your address was changed", dora.email)


def test_download_holds_own_data(page: Page, server: Gatehouse, downloads: Path) -> None:
    """A JSON file, made of what the API answers."""
    dora = steps.new_person(server)
    steps.sign_in(page, dora, "/account")
    file = downloading.press(page.get_by_role("button", name="Download my data"), downloads)
    found = json.loads(file.read_text(encoding="utf-8"))
    assert file.name == "gatehouse-account.json"
    assert found["account"]["email"] == dora.email
    assert found["notes"] == []


def test_deletion_asks_twice_and_then_everything_is_gone(page: Page, server: Gatehouse) -> None:
    """Sure? Still you? Then the account is no more, and the mail says so."""
    dora = steps.new_person(server)
    steps.sign_in(page, dora, "/account")
    steps.forget_step_up(server, dora)
    page.get_by_role("button", name="Delete my account").click()
    page.get_by_role("button", name="Delete everything").click()
    dialog = page.get_by_role("dialog", name="Is it still you?")
    dialog.get_by_label("Password").fill(dora.password)
    dialog.get_by_role("button", name="Confirm").click()

    page.wait_for_url("**/login?reason=deleted")
    expect(page.locator("[data-reason]")).to_contain_text("Your account has been deleted")
    names = {cookie["name"] for cookie in page.context.cookies()}
    assert names == {"__Host-csrftoken"}
    steps.fill_sign_in(page, dora)
    expect(page.locator("[data-form-error]")).to_contain_text("E-mail or password is not right")
    expect(page.locator("[data-reason]")).not_to_contain_text("deleted")
    mailbox.open_mail(page, "Your account was deleted", dora.email)


def test_cancelled_password_dialog_changes_nothing(page: Page, server: Gatehouse) -> None:
    """Escape means no."""
    dora = steps.new_person(server)
    steps.sign_in(page, dora, "/account")
    steps.forget_step_up(server, dora)
    page.get_by_label("New e-mail address").fill(steps.newcomer().email)
    page.get_by_role("button", name="Send link").click()
    dialog = page.get_by_role("dialog", name="Is it still you?")
    way_out = dialog.get_by_role("link", name="Set one by mail")  # for who never had a password
    expect(way_out).to_have_attribute("href", "/password/forgot")
    page.keyboard.press("Escape")
    expect(page.get_by_text("Nothing was changed.")).to_be_visible()
