"""The devices on the account page: see them, end them, and prove first who one is."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e import steps
from tests.e2e.steps import Person
from tests.servers import Gatehouse

FIREFOX_ON_WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
)
LONGER_THAN_STEP_UP = 360


@pytest.fixture
def alice(server: Gatehouse) -> Person:
    """Somebody with more than one device."""
    return steps.new_person(server, "Alice")


@pytest.fixture
def laptop(new_context: Callable[..., BrowserContext], alice: Person) -> Page:
    """Her other device: a page that is signed in, in a browser of its own."""
    page = new_context(user_agent=FIREFOX_ON_WINDOWS).new_page()
    steps.sign_in(page, alice)
    return page


def end_the_other(page: Page) -> None:
    page.locator("[data-devices]").get_by_role("button", name="End the session").click()


def test_two_devices_are_both_listed_and_this_one_is_marked(
    page: Page, alice: Person, laptop: Page
) -> None:
    """Each by its browser and system; the one in use comes first and has no End button."""
    steps.sign_in(page, alice, "/account")

    devices = page.locator("[data-devices] li")
    expect(devices).to_have_count(2)
    expect(devices.first.get_by_text("This device")).to_be_visible()
    expect(devices.first.get_by_role("button")).to_have_count(0)
    expect(devices.last).to_contain_text("Firefox")
    expect(devices.last).to_contain_text("Windows")
    expect(devices.last.get_by_text("This device")).to_be_hidden()


def test_device_ended_is_signed_out_at_once(
    server: Gatehouse, page: Page, alice: Person, laptop: Page
) -> None:
    """Its next request is refused, though its access token has minutes to live."""
    steps.sign_in(page, alice, "/account")
    assert steps.call(laptop, "GET", "/api/me")["status"] == 200

    end_the_other(page)

    expect(page.locator("[data-devices-status]")).to_contain_text("has been ended.")
    expect(page.locator("[data-devices] li")).to_have_count(1)
    expect(page.locator("[data-ended] li")).to_contain_text("Ended by you")
    assert steps.call(laptop, "GET", "/api/me")["status"] == 401
    assert len(steps.sessions_of(server, alice)) == 1


def test_all_others_ended_after_confirmation_leaves_this_device_alone(
    server: Gatehouse,
    page: Page,
    alice: Person,
    laptop: Page,
    new_context: Callable[..., BrowserContext],
) -> None:
    """Cancel changes nothing; confirming ends every other session and keeps this one."""
    phone = new_context().new_page()
    steps.sign_in(phone, alice)
    steps.sign_in(page, alice, "/account")
    expect(page.locator("[data-devices] li")).to_have_count(3)
    button, dialog = page.get_by_role("button", name="End all others"), page.get_by_role("dialog")

    button.click()
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    assert len(steps.sessions_of(server, alice)) == 3
    button.click()
    dialog.get_by_role("button", name="End all others").click()

    expect(page.locator("[data-devices-status]")).to_have_text(
        "All other sessions have been ended."
    )
    expect(page.locator("[data-devices] li")).to_have_count(1)
    assert len(steps.sessions_of(server, alice)) == 1
    others = [steps.call(other, "GET", "/api/me")["status"] for other in (laptop, phone)]
    assert others == [401, 401]
    assert steps.call(page, "GET", "/api/me")["status"] == 200


def test_password_entered_long_ago_is_asked_for_and_the_request_goes_on_by_itself(
    server: Gatehouse, context: BrowserContext, page: Page, alice: Person, laptop: Page
) -> None:
    """A wrong password is told, the right one is enough: nobody has to press End again."""
    steps.sign_in(page, alice, "/account")
    [_, here] = steps.sessions_of(server, alice)
    steps.let_time_pass(server, here, LONGER_THAN_STEP_UP)
    proofs = steps.count_requests(context, "POST", "/auth/reauthenticate")
    dialog = page.get_by_role("dialog")

    end_the_other(page)
    expect(dialog).to_contain_text("Is it still you?")
    steps.expect_focus(dialog.get_by_label("Password"))
    assert len(steps.sessions_of(server, alice)) == 2
    dialog.get_by_label("Password").fill("not her password")
    dialog.get_by_role("button", name="Confirm").click()
    expect(dialog.get_by_role("alert")).to_have_text("That is not your password. Please try again.")
    dialog.get_by_label("Password").fill(alice.password)
    page.keyboard.press("Enter")

    expect(dialog).to_have_count(0)
    expect(page.locator("[data-devices-status]")).to_contain_text("has been ended.")
    assert steps.sessions_of(server, alice) == [here]
    assert proofs() == 2


def test_password_not_entered_changes_nothing(
    server: Gatehouse, page: Page, alice: Person, laptop: Page
) -> None:
    """Escape closes the dialog; both sessions live on and the page says that nothing happened."""
    steps.sign_in(page, alice, "/account")
    [_, here] = steps.sessions_of(server, alice)
    steps.let_time_pass(server, here, LONGER_THAN_STEP_UP)

    end_the_other(page)
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("[data-devices-status]")).to_have_text("Nothing was changed.")
    assert len(steps.sessions_of(server, alice)) == 2


def test_access_token_run_out_while_the_password_is_asked_for_is_renewed(
    server: Gatehouse, context: BrowserContext, page: Page, alice: Person, laptop: Page
) -> None:
    """The dialog may stay open over lunch: refresh, proof and request all happen in the end."""
    steps.sign_in(page, alice, "/account")
    [_, here] = steps.sessions_of(server, alice)
    steps.let_time_pass(server, here, LONGER_THAN_STEP_UP)
    end_the_other(page)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    steps.lose_access(context)

    dialog.get_by_label("Password").fill(alice.password)
    dialog.get_by_role("button", name="Confirm").click()

    expect(page.locator("[data-devices-status]")).to_contain_text("has been ended.")
    assert steps.sessions_of(server, alice) == [here]
