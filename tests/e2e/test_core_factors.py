"""The second factor without a passkey, in every engine: authenticator app and recovery codes."""

import time
from collections.abc import Callable

import pyotp
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e import steps
from tests.e2e.steps import Person
from tests.servers import Gatehouse


@pytest.fixture
def dora(server: Gatehouse) -> Person:
    """Somebody who has the password alone."""
    return steps.new_person(server)


def code_of(secret: str, later: int = 0) -> str:
    """What the app shows, or will show so many steps later."""
    return pyotp.TOTP(secret).at(time.time() + 30 * later)


def give_app(page: Page) -> str:
    """An authenticator app for whoever is signed in. Returns its secret."""
    secret = str(steps.call(page, "POST", "/auth/totp")["body"]["secret"])
    done = steps.call(page, "POST", "/auth/totp/confirm", {"code": code_of(secret)})
    assert done["status"] == 204
    return secret


def sign_in_again(page: Page, dora: Person, path: str) -> None:
    """Signs out, then enters the password."""
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login?*")
    page.goto(f"/login?next={path}")
    steps.fill_sign_in(page, dora)


def enter_code(place: Page, code: str) -> None:
    place.get_by_label("Code from your authenticator app").fill(code)
    place.get_by_role("button", name="Confirm the code").click()


def test_app_is_set_up_and_completes_the_password(page: Page, dora: Person) -> None:
    """A wrong code is told at its field. The right one and the next one are taken."""
    steps.sign_in(page, dora, "/account")
    page.get_by_role("button", name="Set up an app").click()
    picture = page.get_by_role("img", name="QR code")
    expect(picture).to_be_visible()
    assert picture.evaluate("(image) => image.decode().then(() => image.naturalWidth > 100)")
    secret = page.locator("[data-slot='secret']").inner_text().replace(" ", "")
    field = page.get_by_label("Code from your authenticator app")
    field.fill("000000")
    field.press("Enter")
    expect(page.locator("#app-code-error")).to_contain_text("wrong")
    used = code_of(secret)
    field.fill(used)
    field.press("Enter")
    expect(page.get_by_text("The app is set up.")).to_be_visible()
    assert secret not in page.content()

    sign_in_again(page, dora, "/account")
    code = page.get_by_label("Code from your authenticator app")
    steps.expect_focus(code)
    expect(code).to_have_attribute("autocomplete", "one-time-code")
    enter_code(page, used)
    expect(page.locator("#second-code-error")).to_contain_text("was used before")
    enter_code(page, code_of(secret, later=1))

    steps.arrive(page, "/account")
    steps.expect_signed_in(page, dora)


def test_recovery_code_stands_in_once(page: Page, dora: Person) -> None:
    """Ten are shown once. One of them signs in, and is refused the next time."""
    steps.sign_in(page, dora)
    give_app(page)
    page.goto("/account")
    page.get_by_role("button", name="Make recovery codes").click()
    shown = page.locator("[data-codes] code")
    expect(shown).to_have_count(10)
    code = shown.first.inner_text()
    page.get_by_role("button", name="I have kept them").click()
    expect(shown).to_have_count(0)

    sign_in_again(page, dora, "/account")
    page.get_by_role("button", name="Use a recovery code instead").click()
    field = page.get_by_label("Recovery code")
    field.fill(code.upper())
    field.press("Enter")
    steps.arrive(page, "/account")
    expect(page.get_by_text("9 codes are left.")).to_be_visible()

    sign_in_again(page, dora, "/account")
    page.get_by_role("button", name="Use a recovery code instead").click()
    field.fill(code)
    field.press("Enter")
    expect(page.locator("#second-recovery-error")).to_contain_text("was used before")


def test_five_wrong_codes_lead_back_to_the_password(page: Page, dora: Person) -> None:
    """With a word about why. The address that an identity provider leads back to has the same end."""
    steps.sign_in(page, dora)
    give_app(page)
    sign_in_again(page, dora, "/notes")
    wrong = page.locator("#second-code-error")
    for _ in range(5):
        enter_code(page, "000000")
        expect(wrong).to_contain_text("wrong")
        page.get_by_label("Code from your authenticator app").fill("")
        expect(wrong).to_be_empty()
    enter_code(page, "000000")
    expect(page.locator("[data-login] [data-form-error]")).to_contain_text("five tries were wrong")
    steps.expect_focus(page.get_by_label("Password", exact=True))

    page.goto("/login?methods=totp,recovery&next=/account")
    enter_code(page, "000000")
    expect(page.get_by_label("Password", exact=True)).to_be_visible()
    assert page.url.endswith("/login?next=%2Faccount")


def test_account_page_says_that_the_app_is_locked(
    page: Page, dora: Person, server: Gatehouse
) -> None:
    """And what to do about it."""
    steps.sign_in(page, dora, "/account")
    give_app(page)
    steps.query(
        server,
        "UPDATE gatehouse_factors_totp SET wrong_codes = 100 WHERE user_id ="
        " (SELECT id FROM gatehouse_users_user WHERE email = ?)",
        dora.email,
    )

    page.goto("/account")

    expect(page.locator("[data-app]")).to_contain_text("Locked after too many wrong codes")


def test_second_of_two_tabs_at_the_second_step_is_sent_back(
    context: BrowserContext, page: Page, dora: Person, server: Gatehouse
) -> None:
    """One sign-in becomes one session. The later tab says why, and that somebody is signed in."""
    steps.sign_in(page, dora)
    secret = give_app(page)
    sign_in_again(page, dora, "/notes")
    other = context.new_page()
    other.goto("/login?next=/notes")
    steps.fill_sign_in(other, dora)
    expect(other.get_by_label("Code from your authenticator app")).to_be_visible()
    enter_code(page, code_of(secret, later=1))
    steps.arrive(page, "/notes")

    enter_code(other, code_of(secret, later=1))

    refused = other.locator("[data-login] [data-form-error]")
    expect(refused).to_contain_text("another tab was quicker")
    expect(other.locator("[data-reason]")).to_contain_text("You are signed in as")
    assert len(steps.sessions_of(server, dora)) == 1


def test_request_that_wants_a_stronger_sign_in_goes_on_after_the_code(
    page: Page, dora: Person, server: Gatehouse
) -> None:
    """RFC 9470: the dialogue, a fresh token, and the request once more."""
    steps.sign_in(page, dora)
    secret = give_app(page)
    steps.give_note(server, dora, "Behind the second factor")
    refusal = {"type": "about:blank", "title": "Unauthorized", "status": 401}
    refusal |= {"code": "insufficient_user_authentication", "detail": "Stronger."}
    challenge = 'Bearer realm="gatehouse", error="insufficient_user_authentication", acr_values="2"'
    answer = {
        "status": 401,
        "json": refusal,
        "content_type": "application/problem+json",
        "headers": {"WWW-Authenticate": challenge},
    }
    page.route("**/api/notes?*", lambda route: route.fulfill(**answer), times=1)
    refreshed = steps.count_requests(page.context, "POST", "/auth/refresh")
    page.reload()
    dialog = page.get_by_role("dialog", name="Is it still you?")
    dialog.get_by_label("Code from your authenticator app").fill(code_of(secret, later=1))
    dialog.get_by_role("button", name="Confirm the code").click()

    expect(steps.note(page, "Behind the second factor")).to_be_visible()
    assert refreshed() == 1


def test_account_that_must_have_a_factor_sets_one_up_first(
    serve: Callable[..., Gatehouse], new_context: Callable[..., BrowserContext]
) -> None:
    """Every page leads to the account page until the app is confirmed."""
    app = serve(GATEHOUSE_SECOND_FACTOR="everyone")
    page = new_context(base_url=app.url).new_page()
    dora = steps.new_person(app)
    page.goto("/login")
    steps.fill_sign_in(page, dora)
    page.wait_for_url("**/account?next=*")
    expect(page.get_by_role("alert").filter(has_text="must have a second factor")).to_be_visible()
    expect(page.get_by_role("heading", name="Devices")).to_be_hidden()
    page.get_by_role("button", name="Set up an app").click()
    secret = page.locator("[data-slot='secret']").inner_text().replace(" ", "")
    page.get_by_label("Code from your authenticator app").fill(code_of(secret))
    page.get_by_role("button", name="Confirm the code").click()
    expect(page.locator("[data-devices]")).to_contain_text("This device")
    page.get_by_role("button", name="Remove the authenticator app").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove it").click()
    expect(page.get_by_text("This is your last second factor")).to_be_visible()

    page.get_by_role("link", name="Go on").click()

    steps.arrive(page, "/notes")
    steps.expect_signed_in(page, dora)
