"""From a newcomer to somebody who is signed in, without leaving the browser."""

import re
from dataclasses import replace

from playwright.sync_api import Page, expect

from tests.e2e import mailbox, steps
from tests.servers import Gatehouse


def test_newcomer_registers_through_the_demo_mailbox(page: Page) -> None:
    """Address, mail, link, password, sign-in: every step leads to the next."""
    dora = steps.newcomer()
    page.goto("/login")
    page.get_by_role("link", name="Create an account").click()
    page.get_by_label("Name").fill("Dora")
    page.get_by_label("E-mail").fill(dora.email)
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_focused()
    expect(page.locator("[data-sent]")).to_contain_text("If there is no account for that address")
    page.get_by_role("link", name="Open the demo mailbox").click()
    mailbox.follow_link(page, "Finish your registration", dora.email)
    expect(page.locator("[autocomplete=username]")).to_have_value(dora.email)
    expect(page.locator(".lead")).to_contain_text(f"the account for {dora.email} is ready")

    page.get_by_label("Password", exact=True).fill(dora.password)
    page.get_by_role("button", name="Create the account").click()

    news = page.locator("[data-reason].news")
    expect(news).to_contain_text("Your account is ready")
    expect(page.get_by_label("E-mail")).to_have_value(dora.email)
    expect(page.get_by_label("Password", exact=True)).to_be_focused()
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(news).to_have_count(0)
    steps.fill_sign_in(page, dora)
    page.wait_for_url("**/notes")
    expect(page.locator("[data-user-name]")).to_have_text("Dora")


def test_domain_with_an_umlaut_is_one_account_however_the_browser_sends_it(
    page: Page, server: Gatehouse
) -> None:
    """Chromium's field turns `bücher.example` into punycode, Firefox's sends what was typed."""
    kim = steps.new_person(server, "Kim")
    local = kim.email.partition("@")[0]
    stored = f"{local}@xn--bcher-kva.example"
    change = "UPDATE gatehouse_users_user SET email = ? WHERE email = ?"
    steps.query(server, change, stored, kim.email)
    page.goto("/login")

    steps.sign_in(page, replace(kim, email=f"{local}@bücher.example"))

    expect(page.locator("[data-user-name]")).to_have_text("Kim")
    page.goto("/account")
    expect(page.get_by_text(stored)).to_be_visible()


def test_newcomer_registers_by_keyboard_alone(page: Page) -> None:
    """Tab, letters and Enter are enough."""
    dora = steps.newcomer()
    page.goto("/register")
    expect(page.get_by_role("button", name="Send me a link")).to_be_enabled()
    page.get_by_label("Name").focus()
    page.keyboard.type("Dora")
    page.keyboard.press("Tab")
    page.keyboard.type(dora.email)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/mail")
    link = page.locator(".mails li").filter(has_text=dora.email).locator(".letter a")
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/register/finish#token=*")
    expect(page.get_by_role("button", name="Create the account")).to_be_enabled()
    page.get_by_label("Password", exact=True).focus()
    page.keyboard.type(dora.password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/login?reason=registered")


def test_used_link_shows_the_way_to_a_new_one(page: Page) -> None:
    """Nobody is left with a form that cannot work."""
    dora = steps.newcomer()
    page.goto("/register")
    page.get_by_label("E-mail").fill(dora.email)
    page.get_by_role("button", name="Send me a link").click()
    mailbox.follow_link(page, "Finish your registration", dora.email)
    link = page.url
    page.get_by_label("Password", exact=True).fill(dora.password)
    page.get_by_role("button", name="Create the account").click()
    page.wait_for_url("**/login?reason=registered")

    page.goto(link)

    expect(page.get_by_text("This link no longer works")).to_be_visible()
    expect(page.get_by_label("Password", exact=True)).to_be_hidden()
    page.get_by_role("link", name="Ask for a new link").click()
    page.wait_for_url("**/register")


def test_page_without_a_token_shows_the_way_to_a_new_link(page: Page) -> None:
    """An address typed by hand, or cut short by a mail program."""
    page.goto("/register/finish")
    expect(page.get_by_role("link", name="Ask for a new link")).to_be_visible()


def test_typed_password_is_judged_in_the_page_alone(page: Page) -> None:
    """Feedback at every letter, and not one request."""
    dora = steps.newcomer()
    page.goto("/register")
    page.get_by_label("E-mail").fill(dora.email)
    page.get_by_role("button", name="Send me a link").click()
    mailbox.follow_link(page, "Finish your registration", dora.email)
    field = page.get_by_label("Password", exact=True)
    expect(page.get_by_role("button", name="Create the account")).to_be_enabled()
    page.wait_for_load_state("networkidle")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))

    for text, verdict in {
        "seven grey": "10 of at least 15",
        "a\u0308" * 8: "8 of at least 15",
        "passwordpassword": "easy to guess",
        "123456789012345678": "easy to guess",
        "gatehouse gatehouse 1": "easy to guess",
        "Correct Horse Battery Staple 1": "easy to guess",
        "dragon 4719-2805-3962": "easy to guess",
        "Gatehouse x7Kq2w !?": "easy to guess",
        dora.password: "Strong",
    }.items():
        field.clear()
        field.press_sequentially(text)
        expect(page.locator("#password-strength")).to_contain_text(verdict)
    assert sent == []


def test_mailbox_recovers_from_a_server_that_was_away(page: Page) -> None:
    """What went wrong is told as long as it does."""
    page.clock.install()
    page.route("**/mail/messages", lambda route: route.fulfill(status=503, body=""))
    page.goto("/mail")
    count = page.locator("[data-count]")
    expect(count).to_contain_text("503")

    page.unroute_all()
    page.clock.run_for(4000)

    expect(count).to_have_text(re.compile("the newest first|No mails yet"))
