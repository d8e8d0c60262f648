"""Step 1 in the browser: the sign-in page, what it refuses, and where it leads."""

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e import steps
from tests.e2e.steps import Person
from tests.servers import Gatehouse

DAY = 86_400


@pytest.fixture
def alice(server: Gatehouse) -> Person:
    """Somebody who wants to sign in."""
    return steps.new_person(server, "Alice")


def test_wrong_password_says_so_and_signs_nobody_in(
    context: BrowserContext, page: Page, alice: Person
) -> None:
    """The message does not tell whether the address exists, and the right password then works."""
    page.goto("/login")
    steps.fill_sign_in(page, Person(alice.email, alice.name, "not her password"))
    message = page.locator("[data-form-error]")
    expect(message).to_contain_text("E-mail or password is not right.")
    assert steps.cookie(context, steps.ACCESS) is None

    steps.fill_sign_in(page, Person("nobody@example.com", "Nobody", "no password at all"))
    expect(page.get_by_role("button", name="Sign in", exact=True)).not_to_have_attribute(
        "aria-busy", "true"
    )
    expect(message).to_contain_text("E-mail or password is not right.")

    steps.fill_sign_in(page, alice)
    page.wait_for_url("**/notes")


def test_empty_form_names_what_is_missing_and_sends_nothing(
    context: BrowserContext, page: Page
) -> None:
    """The message stands at its field, and the cursor is in the first one."""
    sent = steps.count_requests(context, "POST", "/auth/login")
    page.goto("/login")

    page.get_by_role("button", name="Sign in", exact=True).click()

    expect(page.locator("#email-error")).to_have_text("Please enter the e-mail.")
    expect(page.locator("#password-error")).to_have_text("Please enter the password.")
    expect(page.get_by_label("E-mail")).to_be_focused()
    page.get_by_label("E-mail").fill("alice")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("#email-error")).to_contain_text("such as name@example.com")
    assert sent() == 0


def test_password_can_be_shown_and_hidden(page: Page) -> None:
    """Whoever mistypes a long password may look; what was typed stays."""
    page.goto("/login")
    field = page.locator("#password")
    field.fill("not her password")
    button = page.get_by_role("button", name="Show what I type")
    for kind, pressed in (("text", "true"), ("password", "false")):
        button.click()
        expect(field).to_have_attribute("type", kind)
        expect(button).to_have_attribute("aria-pressed", pressed)
        expect(field).to_have_value("not her password")


@pytest.mark.parametrize("email", ["alice@example.com", "bob@example.com", "carol@example.com"])
def test_demo_person_pressed_fills_the_form(page: Page, email: str) -> None:
    """One press and Enter: nobody has to type a demo password."""
    page.goto("/login")

    page.locator(f"[data-demo-email='{email}']").click()

    expect(page.get_by_label("E-mail")).to_have_value(email)
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/notes")
    expect(page.locator("[data-user-name]")).not_to_be_empty()


@pytest.mark.parametrize(("remember", "seconds"), [(False, DAY / 2), (True, 7 * DAY)])
def test_keep_me_signed_in_decides_how_long_the_refresh_cookie_lives(
    context: BrowserContext, page: Page, alice: Person, remember: bool, seconds: float
) -> None:
    """Half a day without the tick, a week with it; the access cookie lives minutes either way."""
    page.goto("/login")
    page.get_by_label("Keep me signed in").set_checked(remember)
    steps.fill_sign_in(page, alice)
    page.wait_for_url("**/notes")

    lives = {kept["name"]: kept["expires"] - time.time() for kept in context.cookies()}

    assert lives[steps.REFRESH] == pytest.approx(seconds, abs=60)
    assert lives[steps.ACCESS] == pytest.approx(300, abs=60)


def test_next_on_this_origin_is_where_sign_in_leads(page: Page, alice: Person) -> None:
    """Whoever was sent to sign in comes back to where they wanted to be."""
    page.goto("/account")
    page.wait_for_url("**/login?next=*")

    steps.fill_sign_in(page, alice)

    page.wait_for_url("**/account")


def test_next_on_another_origin_leads_to_the_notes(
    server: Gatehouse, page: Page, alice: Person
) -> None:
    """CWE-601: a link to the sign-in page must not be a way to somebody else's."""
    page.goto("/login?next=//evil.example/notes")

    steps.fill_sign_in(page, alice)

    page.wait_for_url(f"{server.url}/notes")


def test_next_in_every_disguise_stays_on_this_origin(
    server: Gatehouse, page: Page, alice: Person
) -> None:
    """The link for people who are signed in already is made by the same rule as the redirect."""
    steps.sign_in(page, alice)
    disguises = [
        "https://evil.example",
        "//evil.example",
        "///evil.example",
        "/%5Cevil.example",
        "%5C%5Cevil.example",
        "/%09/evil.example",
        "/%0A/evil.example",
        "%20//evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "data:text/html,hello",
        "evil.example",
        "/login?next=/login",
        "",
    ]

    leads_to = {}
    for disguise in disguises:
        page.goto(f"/login?next={disguise}")
        leads_to[disguise] = page.locator("[data-reason] a").evaluate("(link) => link.href")
    page.goto("/login?next=/.//evil.example")
    dotted = page.locator("[data-reason] a").evaluate("(link) => link.href")

    assert leads_to == dict.fromkeys(disguises, f"{server.url}/notes")
    assert dotted.startswith(f"{server.url}/")


def test_keyboard_alone_signs_in_and_out(page: Page, alice: Person) -> None:
    """Tab, type, Enter: no step needs a pointer, and the focus is always somewhere."""
    page.goto("/login")
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_enabled()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("E-mail")).to_be_focused()
    page.keyboard.type(alice.email)
    page.keyboard.press("Tab")
    page.keyboard.type(alice.password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/notes")
    steps.expect_signed_in(page, alice)

    out = page.get_by_role("button", name="Sign out")
    for _ in range(12):
        page.keyboard.press("Tab")
        if out.evaluate("(button) => button === document.activeElement"):
            break
    page.keyboard.press("Enter")

    page.wait_for_url("**/login?reason=signed_out")


def test_too_many_failures_says_when_to_try_again(
    page: Page, alice: Person, server: Gatehouse
) -> None:
    """Ten failures and even the right password has to wait; another person need not."""
    page.goto("/login")
    guess = {"email": alice.email, "password": "not her password", "remember": False}
    failures = [steps.call(page, "POST", "/auth/login", guess)["status"] for _ in range(10)]

    steps.fill_sign_in(page, alice)

    assert failures == [401] * 10
    expect(page.locator("[data-form-error]")).to_contain_text(
        "Too many attempts. Please try again in 10 minutes, at "
    )
    assert page.url.endswith("/login")
    steps.fill_sign_in(page, steps.new_person(server, "Bob"))
    page.wait_for_url("**/notes")


def signed(server: Gatehouse, key: ECKey | None = None, age: int = 0) -> str:
    """A refresh token as this server would have signed it `age` seconds ago, or another's key."""
    ring = json.loads((server.data_dir / "signing-keys.json").read_text())["keys"]
    [active] = [jwk for jwk in ring if jwk["gatehouse_status"] == "active"]
    members = {name: active[name] for name in ("kty", "crv", "x", "y", "d")}
    now = int(time.time()) - age
    claims: dict[str, Any] = {"iss": server.url, "aud": f"{server.url}/auth/refresh"}
    claims |= {"sub": "nobody", "client_id": "web", "jti": "j" * 22, "sid": "s" * 22}
    claims |= {"iat": now, "exp": now + 3600, "gen": 1, "key": "k" * 43}
    header = {"typ": "rt+jwt", "alg": "ES256", "kid": active["kid"]}
    return jwt.encode(header, claims, key or ECKey.import_key(members), algorithms=["ES256"])


STALE: dict[str, Callable[[Gatehouse], str]] = {
    "garbage": lambda server: "garbage",
    "huge": lambda server: "e" * 3900,
    "unsigned": lambda server: (
        urlsafe_b64encode(b'{"alg":"none","typ":"rt+jwt"}').decode().rstrip("=") + ".e30."
    ),
    "expired": lambda server: signed(server, age=DAY),
    "unknown session": lambda server: signed(server),
    "foreign": lambda server: signed(server, ECKey.generate_key("P-256")),
}


@pytest.mark.parametrize("kind", STALE)
def test_stale_cookies_never_block_sign_in(
    server: Gatehouse, context: BrowserContext, page: Page, alice: Person, kind: str
) -> None:
    """Whatever the jar holds, the pages open, sign-in works and replaces it."""
    stale = STALE[kind](server)
    steps.put_cookie(context, steps.ACCESS, stale)
    steps.put_cookie(context, steps.REFRESH, stale)
    assert steps.cookie(context, steps.REFRESH) == stale

    page.goto("/notes")
    page.wait_for_url("**/login?*")
    steps.fill_sign_in(page, alice)
    page.wait_for_url("**/notes")

    steps.expect_signed_in(page, alice)
    assert steps.cookie(context, steps.REFRESH) != stale
    assert steps.call(page, "GET", "/api/me")["status"] == 200


def test_cookies_of_an_ended_session_never_block_sign_in(
    server: Gatehouse, context: BrowserContext, page: Page, alice: Person
) -> None:
    """A jar restored from before the sign-out: real tokens, of a session that is over."""
    steps.sign_in(page, alice)
    jar = context.cookies()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login?*")
    context.clear_cookies()
    context.add_cookies(jar)  # type: ignore[arg-type]

    steps.sign_in(page, alice)

    assert len(steps.sessions_of(server, alice)) == 1
