"""Every page and state of the app, at a phone's width and a desk's, light and dark (tests.e2e.look).

A visit leaves four pictures in test-results/pages/. Axe finds nothing, nothing reaches beyond the
window, the console stays empty, no policy is broken; and the keyboard alone gets everywhere.
"""

from collections.abc import Callable, Iterator

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import Browser, Page, expect

from project.pages import shared_context
from tests.e2e import steps
from tests.e2e.authenticator import Authenticator
from tests.e2e.look import Visitor, visitor
from tests.e2e.slow import in_two_halves
from tests.servers import Gatehouse

UNBROKEN = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen" * 3
MASTHEAD = ["Skip to content", "Gatehouse", "Notes", "Account"]


@pytest.fixture(scope="module")
def stranger(browser: Browser, server: Gatehouse) -> Iterator[Visitor]:
    """Somebody who is not signed in."""
    visit = visitor(browser, server.url)
    yield visit
    visit.page.context.close()


@pytest.fixture(scope="module")
def carol(browser: Browser, server: Gatehouse) -> Iterator[Visitor]:
    """Staff, signed in, with more notes than a page holds and words wider than a phone."""
    person = steps.new_person(server, "Carol")
    query = "UPDATE gatehouse_users_user SET is_staff = 1 WHERE email = ?"
    steps.query(server, query, person.email)
    for age in range(21):
        steps.give_note(server, person, f"{UNBROKEN[:190]} {age}", UNBROKEN, age=age)
    visit = visitor(browser, server.url)
    steps.sign_in(visit.page, person)
    yield visit
    visit.page.context.close()


@pytest.fixture(scope="module")
def dora(browser: Browser, server: Gatehouse) -> Iterator[Visitor]:
    """Somebody with two passkeys, an app's set-up begun, and recovery codes."""
    person = steps.new_person(server)
    visit = visitor(browser, server.url)
    page = visit.page
    steps.sign_in(page, person, "/account")
    for name, transport in (("Laptop", "internal"), (UNBROKEN[:100], "usb")):
        device = Authenticator(page, transport=transport)
        page.get_by_label("Name of the new passkey").fill(name)
        press("Add a passkey")(page)
        expect(page.locator("[data-passkeys] li").filter(has_text=name)).to_be_visible()
        device.send("setAutomaticPresenceSimulation", enabled=False)
    yield visit
    page.context.close()


def press(name: str) -> Callable[[Page], None]:
    return lambda page: page.get_by_role("button", name=name, exact=True).click()


def make_token(page: Page) -> None:
    page.get_by_label("Name of the new token").fill("Backup of every note, each night at two")
    page.get_by_role("checkbox", name="read notes").check()
    press("Make a token")(page)


def choose_password(page: Page) -> None:
    page.get_by_label("New password", exact=True).fill("seven grey herons at dusk")
    expect(page.locator("[data-strength]")).to_have_attribute("data-level", "3")


def ask_for_link(page: Page) -> None:
    page.get_by_label("E-mail").fill("someone@example.com")
    press("Send me a link")(page)


def receive_mail(page: Page) -> None:
    page.goto("/register")
    ask_for_link(page)
    expect(page.locator("[data-sent]")).to_be_visible()
    page.goto("/mail")


def enter_wrong_password(page: Page) -> None:
    page.get_by_label("E-mail").fill("nobody@example.com")
    page.get_by_label("Password", exact=True).fill("not the password")
    press("Sign in")(page)


def open_first_note(page: Page) -> None:
    page.locator("[data-open]").first.click()
    expect(page.get_by_label("Text", exact=True)).to_be_focused()


def ask_to_delete_note(page: Page) -> None:
    open_first_note(page)
    press("Delete")(page)


def search_in_vain(page: Page) -> None:
    page.get_by_label("Search notes").fill("no such words")


def lose_connection(page: Page) -> None:
    """The API does not answer: as without a network, but for the browser's own line about it."""
    page.route("**/api/notes?**", lambda route: route.fulfill(status=503, body=""))
    page.get_by_label("Search notes").fill("any")


def come_back_to_link(*ways: str) -> Callable[[Page], None]:
    """An identity waits, with these ways to show whose it is; there is no provider here."""
    waiting = {"email": "someone@example.com", "provider": "Example Provider", "ways": list(ways)}

    def act(page: Page) -> None:
        page.route("**/auth/oidc/link?*", lambda route: route.fulfill(json=waiting))
        page.goto("/login/link?trip=x")

    return act


def have_link_mailed(page: Page) -> None:
    come_back_to_link("mail")(page)
    ours = {"Cache-Control": "no-store"}
    page.route("**/auth/oidc/link/mail", lambda route: route.fulfill(status=202, headers=ours))
    press("Send me a link")(page)


def ask_for_password_of_link(page: Page) -> None:
    wanted = {"type": "about:blank", "title": "Bad Request", "status": 400}
    wanted |= {"code": "validation_failed", "detail": "No.", "errors": {"password": ["Wanted."]}}
    answer = {"status": 400, "json": wanted, "content_type": "application/problem+json"}
    page.route("**/link/confirm", lambda route: route.fulfill(**answer))
    press("Sign in")(page)


def have_second_step_of_link(page: Page) -> None:
    come_back_to_link("password", "mail")(page)
    wanted = {"type": "about:blank", "title": "Unauthorized", "status": 401, "detail": "More."}
    wanted |= {"code": "second_factor_required", "methods": ["totp", "recovery"]}
    answer = {"status": 401, "json": wanted, "content_type": "application/problem+json"}
    page.route("**/auth/oidc/link", lambda route: route.fulfill(**answer))
    page.get_by_label("Password").fill("the right one")
    press("Link and sign in")(page)


def enter_no_recovery_code(page: Page) -> None:
    press("Use a recovery code instead")(page)
    press("Use this code")(page)


def set_up_app(page: Page) -> None:
    press("Set up an app")(page)
    press("Confirm the code")(page)


def rename_passkey(page: Page) -> None:
    press("Rename the passkey Laptop")(page)


def must_set_up(page: Page) -> None:
    """The server answers as where everybody must have a second factor."""
    wanted = {"type": "about:blank", "title": "Forbidden", "status": 403, "detail": "Set one up."}
    wanted |= {"code": "enrolment_required"}
    answer = {"status": 403, "json": wanted, "content_type": "application/problem+json"}
    page.route("**/auth/sessions?*", lambda route: route.fulfill(**answer))
    page.reload()


def confirm_by_factor(page: Page) -> None:
    """The dialogue of a person with an app and passkeys."""
    wanted = {"type": "about:blank", "title": "Forbidden", "status": 403, "detail": "Confirm."}
    wanted |= {"code": "reauthentication_required"}
    answer = {"status": 403, "json": wanted, "content_type": "application/problem+json"}
    page.route("**/auth/totp", lambda route: route.fulfill(**answer))
    found = {"passkeys": [], "totp": {"confirmed_at": "2026-01-01T00:00:00Z", "locked": False}}
    found |= {"recovery_codes_left": 3}
    found["passkeys"] = [
        {"id": "x", "name": "Phone", "created_at": "2026-01-01T00:00:00Z", "synced": True}
        | {"last_used_at": None}
    ]
    page.route("**/auth/factors", lambda route: route.fulfill(json=found))
    page.reload()
    press("Set up another app")(page)


def nothing(page: Page) -> None:
    """The page as it comes."""


# name, path, what is done there, a selector to wait for, the status of a refusal that belongs to it
Stop = tuple[str, str, Callable[[Page], None], str, int | None]
FOR_ANYONE: list[Stop] = [
    ("home", "/", nothing, "[data-readable-cookies]:text('csrftoken')", None),
    ("login", "/login", nothing, "[data-submit]:enabled", None),
    ("login-ended", "/login?reason=session_ended", nothing, "text=Your session has ended", None),
    ("login-missing", "/login", press("Sign in"), "#email-error:text('Please')", None),
    ("login-refused", "/login", enter_wrong_password, "[data-form-error]:text('not right')", 401),
    (
        "login-second",
        "/login?methods=passkey,totp,recovery",
        nothing,
        "text=Use a recovery code",
        None,
    ),
    (
        "login-recovery",
        "/login?methods=totp,recovery",
        enter_no_recovery_code,
        "#second-recovery-error:text('Please')",
        None,
    ),
    ("register", "/register", nothing, "[data-submit]:enabled", None),
    ("register-sent", "/register", ask_for_link, "[data-sent]", None),
    ("register-dead", "/register/finish", nothing, "text=Ask for a new link", None),
    ("forgot", "/password/forgot", nothing, "[data-submit]:enabled", None),
    ("reset-dead", "/password/reset#token=x", nothing, "text=Ask for a new link", 400),
    ("address", "/email/confirm#token=x", nothing, "text=Use this address", None),
    ("confirmed", "/login/confirmed?reason=oidc_failed", nothing, "text=Try again", None),
    (
        "confirmed-not",
        "/login/confirmed?reason=oidc_stale",
        nothing,
        "text=Set a password by mail",
        None,
    ),
    ("link-over", "/login/link", nothing, "[data-over] :text('Back to sign in')", 404),
    ("link", "/", come_back_to_link("password"), "[data-link] [data-submit]:enabled", None),
    ("link-ways", "/", come_back_to_link("password", "mail"), "text=Send me a link", None),
    ("link-second", "/", have_second_step_of_link, "text=Your second factor", 401),
    ("link-sent", "/", have_link_mailed, "text=Look into your mailbox", None),
    ("link-dead", "/login/link/confirm", nothing, "text=Sign in again", None),
    (
        "link-password",
        "/login/link/confirm#token=x",
        ask_for_password_of_link,
        "text=Enter its password once",
        400,
    ),
    ("mail", "/mail", receive_mail, "[data-count]:text('newest first')", None),
    ("not-found", "/no/such/page", nothing, "text=Go to the start page", 404),
    ("administration", "/admin/login/", nothing, "text=Gatehouse administration", None),
]
FOR_CAROL: list[Stop] = [
    ("notes", "/notes", nothing, "[data-list] li >> nth=19", None),
    ("notes-open", "/notes", open_first_note, "[data-editor]", None),
    ("notes-dialog", "/notes", ask_to_delete_note, "dialog", None),
    ("notes-none", "/notes", search_in_vain, "text=No note has", None),
    ("notes-failed", "/notes", lose_connection, "[data-problem] [data-retry]", 503),
    ("account", "/account", choose_password, "[data-events] li", None),
    ("account-token", "/account", make_token, "[data-slot='token']", None),
    ("account-dialog", "/account", press("Delete my account"), "dialog", None),
    ("audit", "/audit", nothing, "[data-events] li", None),
    ("home-signed-in", "/", nothing, "[data-enter]:text('Go to your notes')", None),
    ("login-signed-in", "/login", nothing, "text=You are signed in as", None),
]


FOR_DORA: list[Stop] = [
    ("account-app", "/account", set_up_app, "#app-code-error:text('Please')", None),
    ("account-codes", "/account", press("Make recovery codes"), "[data-codes] li", None),
    ("account-factors", "/account", nothing, "text=10 codes are left", None),
    ("account-name", "/account", rename_passkey, "dialog", None),
    ("account-must", "/account", must_set_up, "text=has not shown it yet", 403),
    ("account-prove", "/account", confirm_by_factor, "dialog >> text=Is it still you?", 403),
]


def go(visit: Visitor, stop: Stop) -> None:
    name, path, act, wanted, refused = stop
    visit.page.goto("about:blank")  # a change of the fragment alone would load nothing
    visit.page.goto(path)
    act(visit.page)
    expect(visit.page.locator(wanted).first).to_be_visible()
    visit.look(name, refused=refused)
    visit.page.unroute_all()


@pytest.mark.parametrize("stop", FOR_ANYONE, ids=lambda stop: stop[0])
def test_page_for_anyone_looks_right(stranger: Visitor, stop: Stop) -> None:
    """Nobody is signed in."""
    go(stranger, stop)


@pytest.mark.parametrize("stop", FOR_CAROL, ids=lambda stop: stop[0])
def test_page_of_a_person_looks_right(carol: Visitor, stop: Stop) -> None:
    """Signed in as staff, with much to show."""
    go(carol, stop)


@pytest.mark.parametrize("stop", FOR_DORA, ids=lambda stop: stop[0])
def test_page_with_a_second_factor_looks_right(dora: Visitor, stop: Stop) -> None:
    """Signed in, with passkeys; in the order of the list."""
    go(dora, stop)


def test_attackers_address_leads_to_the_app(stranger: Visitor, server: Gatehouse) -> None:
    """A hostile host shows where the app is, and nothing else."""
    stranger.page.goto(server.url.replace("localhost", "127.0.0.1") + "/login")

    stranger.look("elsewhere", refused=404)


@pytest.mark.parametrize(
    ("path", "first"),
    [
        ("/", ["Sign in", "See it work"]),
        (
            "/login",
            [
                "E-mail",
                "Password",
                "Show what I type",
                "Keep me signed in",
                "Sign in",
                "Sign in with a passkey",
            ],
        ),
        ("/register", ["Name", "E-mail", "Send me a link"]),
    ],
)
def test_keyboard_alone_reaches_everything_for_anyone(
    stranger: Visitor, path: str, first: list[str]
) -> None:
    """In the order of the page, each stop to be seen, and out at its end."""
    stranger.page.goto(path)
    expect(stranger.page.locator("[data-submit]:disabled")).to_have_count(0)

    stops = stranger.tab_through()

    assert stops[: len(MASTHEAD)] == MASTHEAD
    assert [stop for stop in stops if stop in first] == first


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/notes", ["Sign out", "New note", "Search notes", "Next"]),
        (
            "/account",
            [
                "Name",
                "New e-mail address",
                "New password",
                "Name of the new passkey",
                "Set up an app",
                "Name of the new token",
                "Delete my account",
            ],
        ),
        ("/audit", ["Person", "What happened", "Filter"]),
    ],
)
def test_keyboard_alone_reaches_everything_of_a_person(
    carol: Visitor, path: str, wanted: list[str]
) -> None:
    """The same with lists and forms in it."""
    carol.page.goto(path)
    expect(carol.page.locator("ul[aria-busy]")).to_have_count(0)

    stops = carol.tab_through()

    assert [stop for stop in stops if stop in wanted] == wanted


def test_first_paint_on_a_slow_line_shows_the_frame(page: Page, server: Gatehouse) -> None:
    """Not an empty page first: the browser waits until what is before the lists has come."""
    with in_two_halves(server.url, 2) as url:
        page.goto(f"{url}/login")
        painted = page.wait_for_function(
            "() => performance.getEntriesByName('first-paint')[0]?.startTime"
        )

    assert painted.json_value() > 2000


@pytest.mark.parametrize("status", [400, 403, 404, 405, 413, 429, 500, 503])
def test_error_page_looks_like_the_app(stranger: Visitor, status: int) -> None:
    """Each says what happened and what to do, with the app's styles and no script of its own."""
    html = render_to_string(f"errors/{status}.html", {**shared_context(), "detail": "It is so."})
    stranger.page.route("**/failed", lambda route: route.fulfill(status=status, body=html))

    stranger.page.goto("/failed")

    expect(stranger.page.locator("main")).to_contain_text(str(status))
    assert "<script" not in html
    stranger.look(f"error-{status}", refused=status)
    stranger.page.unroute_all()
