"""Passkeys in Chromium, whose DevTools bring an authenticator. Other engines leave this file out."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Error, Page, expect

from tests.e2e import steps
from tests.e2e.authenticator import Authenticator
from tests.e2e.steps import Person
from tests.servers import Gatehouse

# A browser that offers no passkeys in a field, so that each question here is one that was asked for.
NO_AUTOFILL = "delete globalThis.PublicKeyCredential?.isConditionalMediationAvailable"
# One that cannot read and write WebAuthn's JSON (Safari before 18.4 and others).
NO_JSON = """
    delete globalThis.PublicKeyCredential?.parseCreationOptionsFromJSON;
    delete globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON;
    delete globalThis.PublicKeyCredential?.prototype.toJSON;
"""
# What any page can ask an authenticator.
GET = """
    async ({publicKey}) => (await navigator.credentials.get({
        publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey),
    })).toJSON()
"""


@pytest.fixture
def dora(server: Gatehouse) -> Person:
    """Somebody who has the password alone."""
    return steps.new_person(server)


def add_passkey(page: Page, name: str) -> None:
    """On the account page, until the list shows it."""
    page.get_by_label("Name of the new passkey").fill(name)
    page.get_by_role("button", name="Add a passkey").click()
    # Exactly: "Rename the passkey" stands in each row.
    row = page.locator("[data-passkeys] li").filter(has=page.get_by_text(name, exact=True))
    expect(row).to_be_visible()


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login?*")


def signed_out_with_passkey(context: BrowserContext, page: Page, dora: Person) -> Authenticator:
    """Dora's device has a passkey, her browser offers none in the field, and nobody is signed in."""
    context.add_init_script(NO_AUTOFILL)
    device = Authenticator(page)
    steps.sign_in(page, dora, "/account")
    add_passkey(page, "Laptop")
    sign_out(page)
    return device


def test_passkey_is_added_and_signs_in_from_the_address_field(page: Page, dora: Person) -> None:
    """The field offers it and the authenticator agrees: nothing is typed and nothing pressed here."""
    device = Authenticator(page)
    steps.sign_in(page, dora, "/account")
    add_passkey(page, "My laptop")
    row = page.locator("[data-passkeys] li")
    expect(row).to_contain_text("On one device only")
    expect(row).to_contain_text("not used yet")
    assert len(device.passkeys) == 1

    page.get_by_role("button", name="Sign out").click()
    steps.arrive(page, "/notes")
    steps.expect_signed_in(page, dora)

    page.goto("/account")
    expect(row).to_contain_text("last used today")
    expect(page.locator("[data-devices]")).to_contain_text("signed in with a passkey")


def test_recovery_codes_are_printed_alone_and_copied(
    context: BrowserContext, page: Page, dora: Person
) -> None:
    """Paper has nothing else of the page, and the clipboard has one code a line."""
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    Authenticator(page)
    steps.sign_in(page, dora, "/account")
    make = page.get_by_role("button", name="Make recovery codes")
    expect(make).to_be_disabled()
    add_passkey(page, "Laptop")
    make.click()
    codes = page.locator("[data-codes] code")
    expect(codes).to_have_count(10)

    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("The codes have been copied.")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    page.emulate_media(media="print")

    assert copied.split("\n") == codes.all_inner_texts()
    expect(codes.first).to_be_visible()
    for name in ("Devices", "Passkeys"):
        expect(page.get_by_role("heading", name=name)).to_be_hidden()


def test_button_signs_in_and_whoever_cancels_is_not_scolded(
    context: BrowserContext, page: Page, dora: Person
) -> None:
    """The page says so if it is cancelled. If the person agrees, it is a whole sign-in."""
    device = signed_out_with_passkey(context, page, dora)
    device.refuse()
    button = page.get_by_role("button", name="Sign in with a passkey")
    button.click()
    expect(page.locator("[data-passkey-said]")).to_contain_text("No passkey was used.")
    expect(page.locator("[data-form-error]")).to_be_empty()
    steps.expect_focus(button)

    device.agree()
    button.click()

    steps.arrive(page, "/notes")
    steps.expect_signed_in(page, dora)


def test_passkey_completes_a_password_and_a_step_up(
    context: BrowserContext, page: Page, dora: Person, server: Gatehouse
) -> None:
    """The second step takes the place of the form, and the dialogue asks for what there is."""
    device = signed_out_with_passkey(context, page, dora)
    page.goto("/login?next=/account")
    steps.fill_sign_in(page, dora)
    use = page.get_by_role("button", name="Use a passkey")
    steps.expect_focus(use)
    expect(page.get_by_label("Password", exact=True)).to_be_hidden()
    page.get_by_role("button", name="Back to the password").click()
    steps.expect_focus(page.get_by_label("Password", exact=True))
    steps.fill_sign_in(page, dora)
    steps.expect_focus(use)
    page.keyboard.press("Enter")
    steps.arrive(page, "/account")
    steps.expect_signed_in(page, dora)

    steps.forget_step_up(server, dora)
    page.get_by_role("button", name="Rename the passkey Laptop").click()
    page.get_by_role("dialog").get_by_label("Name").fill("Desk")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Is it still you?")
    expect(dialog.get_by_label("Password")).to_have_count(0)
    device.refuse()
    dialog.get_by_role("button", name="Use a passkey").click()
    expect(dialog).to_contain_text("No passkey was used.")
    device.agree()
    dialog.get_by_role("button", name="Use a passkey").click()

    expect(page.locator("[data-passkeys] li")).to_contain_text("Desk")
    expect(page.get_by_text("The passkey has its new name.")).to_be_visible()


def test_second_passkey_outlives_the_first_whose_sessions_end(
    new_context: Callable[..., BrowserContext], dora: Person
) -> None:
    """In a browser without WebAuthn's JSON. A removed passkey goes from its device as well."""
    context = new_context()
    context.add_init_script(NO_AUTOFILL + ";" + NO_JSON)
    page = context.new_page()
    laptop = Authenticator(page)
    steps.sign_in(page, dora, "/account")
    add_passkey(page, "Laptop")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.locator("[data-add-passkey] [data-form-error]")).to_contain_text("already")
    sign_out(page)
    page.goto("/login?next=/account")
    page.get_by_role("button", name="Sign in with a passkey").click()
    steps.arrive(page, "/account")
    key = Authenticator(page, transport="usb")
    laptop.send("setAutomaticPresenceSimulation", enabled=False)
    add_passkey(page, "Key")

    page.get_by_role("button", name="Remove the passkey Laptop").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("every device that signed in with it is signed out")
    dialog.get_by_role("button", name="Remove it").click()

    page.wait_for_url("**/login?reason=session_ended*")
    assert laptop.passkeys == []
    assert len(key.passkeys) == 1
    page.get_by_role("button", name="Sign in with a passkey").click()
    steps.arrive(page, "/account")
    expect(page.locator("[data-passkeys] li")).to_have_count(1)


def test_answer_is_good_at_its_own_place_and_once(
    context: BrowserContext, page: Page, dora: Person
) -> None:
    """A false page relays our challenge. The browser stops another host, and we another origin."""
    signed_out_with_passkey(context, page, dora)
    ours = page.url
    options = steps.call(page, "POST", "/auth/login/passkey/options")["body"]
    page.route("http://*:65432/", lambda route: route.fulfill(body="", content_type="text/html"))
    page.goto("http://evil.localhost:65432/")
    with pytest.raises(Error, match="SecurityError"):
        page.evaluate(GET, options)
    page.goto("http://localhost:65432/")
    relayed = page.evaluate(GET, options)
    page.goto(ours)
    answer = page.evaluate(GET, options)

    sent = [
        steps.call(page, "POST", "/auth/login/passkey", {"credential": credential})
        for credential in (relayed, answer, answer)
    ]

    assert [one["status"] for one in sent] == [401, 200, 401]


def test_copy_of_a_passkey_is_refused(
    context: BrowserContext, page: Page, dora: Person, server: Gatehouse
) -> None:
    """Its counter is behind that of the device it was taken from. The owner's log says so."""
    device = signed_out_with_passkey(context, page, dora)
    (copied,) = device.passkeys
    page.get_by_role("button", name="Sign in with a passkey").click()
    steps.arrive(page, "/notes")
    sign_out(page)
    device.send("removeCredential", credentialId=copied["credentialId"])
    device.send("addCredential", credential=copied)

    page.get_by_role("button", name="Sign in with a passkey").click()

    expect(page.locator("[data-form-error]")).to_contain_text("This passkey was not accepted here.")
    assert len(device.passkeys) == 1
    told = "SELECT count(*) FROM gatehouse_audit_securityevent WHERE kind = 'passkey_cloned'"
    assert steps.query(server, told) == [(1,)]


def test_passkey_that_the_server_forgot_is_refused(
    context: BrowserContext, page: Page, dora: Person, server: Gatehouse
) -> None:
    """As after a removal elsewhere: page and browser forget it too, and the password goes on."""
    device = signed_out_with_passkey(context, page, dora)
    steps.query(
        server, "DELETE FROM gatehouse_factors_passkey WHERE credential_id = ?", *ids(device)
    )

    page.get_by_role("button", name="Sign in with a passkey").click()

    expect(page.locator("[data-form-error]")).to_contain_text("This passkey was not accepted here.")
    assert device.passkeys == []
    steps.fill_sign_in(page, dora)
    steps.arrive(page, "/notes")


def ids(device: Authenticator) -> list[str]:
    """The ids of its passkeys as the server writes them."""
    texts = (str(passkey["credentialId"]) for passkey in device.passkeys)
    return [text.translate(str.maketrans("+/", "-_", "=")) for text in texts]
