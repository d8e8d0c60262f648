"""The flow page: eight steps of a real sign-in, seen from both ends, as they happen."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.tests.presenting import holds_jwt
from tests.e2e import steps
from tests.servers import Gatehouse

pytest.importorskip("lab")


# Of a token that is new to the server, in the order in which they are made.
CHECKS = (
    "Strict syntax",
    "Header: typ, kid, alg",
    "Signature",
    "Claims present, of their types",
    "Issuer, audience, iat, nbf",
)


def lab(server: Gatehouse) -> str:
    return server.url.replace("localhost", "app.demo.localhost")


def step(page: Page, number: int) -> Locator:
    """The step, once it has happened."""
    item = page.locator(f"#step-{number}")
    expect(item).to_have_attribute("data-done", re.compile("yes|refused"))
    return item


def script_of(item: Locator) -> str:
    return item.locator("[data-facts=script]").inner_text()


def server_of(item: Locator) -> str:
    return item.locator("[data-facts=server]").inner_text()


def in_order(text: str, *words: str) -> bool:
    return re.search(".*".join(map(re.escape, words)), text, re.DOTALL) is not None


def open_lab_flow(page: Page, server: Gatehouse) -> None:
    page.goto(f"{lab(server)}/learn/flow")
    page.get_by_role("button", name="Sign in as Alice").click()
    step(page, 5)


def test_own_sign_in_fills_the_steps_from_both_ends(page: Page) -> None:
    """Steps 1 to 7 with real values; script sees no token, the server does; none is replayable."""
    page.goto("/learn/flow")
    page.get_by_role("button", name="Sign in as Alice").click()

    assert "••••••••" in script_of(step(page, 1))
    assert "same-origin" in server_of(step(page, 1))
    assert "these credentials are good" in server_of(step(page, 2))
    assert '"at+jwt"' in server_of(step(page, 3))
    assert "HttpOnly" in server_of(step(page, 4))
    assert re.search(r"Set-Cookie, as script reads it\s+▪? ?null", script_of(step(page, 4)))
    assert re.search(r"Tokens among them\s+none", script_of(step(page, 5)))
    page.get_by_text("Why each attribute").click()
    expect(step(page, 5)).to_contain_text("No script can read, write or overwrite it.")
    expect(step(page, 2).locator("[data-state-text]")).to_contain_text("ms on the server")

    page.get_by_role("button", name="POST, with CSRF check").click()
    assert "X-CSRFToken matches the cookie" in server_of(step(page, 6))
    assert in_order(server_of(step(page, 7)), "Time (exp)", "Session still live", *CHECKS)
    assert page.locator("#step-7").get_attribute("data-done") == "yes"
    assert not holds_jwt(page.locator("main").inner_text())


def test_steps_are_played_one_at_a_time_and_the_token_moves_as_it_did(page: Page) -> None:
    """Next and back, one step in the window. A token is where it was, and nowhere before it was."""
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/learn/flow")
    page.get_by_role("button", name="Sign in as Alice").click()
    step(page, 5)
    chip, now = page.locator("[data-chip]"), page.locator("[data-now]")
    expect(now).to_contain_text("There is no token yet")

    for at in ("server", "server", "browser", "browser"):
        page.get_by_role("button", name="Next").click()
        expect(chip).to_have_attribute("data-at", at)
    expect(page.get_by_role("link", name="Step 5:")).to_have_attribute("aria-current", "step")
    expect(page.locator("#step-5")).to_be_in_viewport()
    expect(page.locator("#step-4")).not_to_be_in_viewport()
    page.get_by_role("button", name="Next").click()
    expect(now).to_have_text("This step has not happened yet.")
    expect(chip).to_be_hidden()
    page.get_by_role("button", name="Back").click()
    expect(page.locator("#step-5 .script-side")).to_be_visible()
    page.get_by_role("button", name="What the server saw").click()

    expect(page.locator("#step-5 .server-side")).to_be_in_viewport()
    expect(page.locator("#step-5 .script-side")).to_be_hidden()


def test_refresh_right_after_the_sign_in_says_why_it_waits(page: Page) -> None:
    """Nothing would rotate yet, and step 8 would show something else than it says."""
    page.goto("/learn/flow")
    page.get_by_role("button", name="Sign in as Alice").click()
    step(page, 5)

    page.get_by_role("button", name="Refresh now").click()

    expect(page.locator("[data-now]")).to_contain_text("Nothing rotates within 10 s of a sign-in")
    assert page.locator("#step-8").get_attribute("data-done") is None


def test_button_can_be_pressed_once_it_does_something(page: Page) -> None:
    """While the page's script is on its way a press would be lost, without a word."""
    waiting = steps.hold(page, "**/lab/pages/flow*.js")
    page.goto("/learn/flow", wait_until="commit")
    buttons = page.locator("[data-demo-email], [data-forget], [data-flow-form] [type=submit]")
    expect(buttons).to_have_count(5)
    assert [button.is_enabled() for button in buttons.all()] == [False] * 5

    waiting[0].continue_()

    for button in buttons.all():
        expect(button).to_be_enabled()


def test_code_of_each_step_is_shown_with_file_and_line(page: Page) -> None:
    """The very functions, by name."""
    page.goto("/learn/flow#step-8")

    item = page.locator("#step-8")
    expect(item).to_be_in_viewport()
    item.get_by_text("The code that ran").click()

    expect(item).to_contain_text("accounts/sessions/rotation.py, line")
    expect(item).to_contain_text("def rotate(")
    expect(item).to_contain_text("async function renewInTurn")


def test_expired_token_is_refused_refreshed_and_the_request_repeated(
    page: Page, server: Gatehouse
) -> None:
    """Step 8 at once: 401 for its time, one refresh under the lock, and the request again."""
    open_lab_flow(page, server)

    page.get_by_role("button", name="Expire now").click()

    expect(step(page, 8)).to_contain_text("Then the same request again")
    script, server_side = script_of(step(page, 8)), server_of(step(page, 8))
    assert "GET /api/me → 401" in script
    assert "gatehouse-session, held for" in script
    assert "GET /api/me → 200" in script
    assert "ExpiredToken: its time (exp) is over" in server_side
    assert "__Host-Http-lab_access_token" in server_side
    assert re.search(r"Verdict\s+rotate", server_side)
    assert "1 used → generation 2 current" in server_side
    assert page.locator("#step-7").get_attribute("data-done") == "yes"


def test_refused_token_is_shown_with_the_check_that_refused_it(
    page: Page, server: Gatehouse
) -> None:
    """Step 7 of a 401: what it passed, in order, and then its time."""
    open_lab_flow(page, server)
    # Without a refresh the page stays at the answer that led to it.
    page.route("**/auth/refresh", lambda route: route.abort())

    page.get_by_role("button", name="Expire now").click()

    expect(page.locator("#step-7")).to_have_attribute("data-done", "refused", timeout=20_000)
    found = server_of(step(page, 7))
    assert in_order(found, *CHECKS, "Time (exp)", "ExpiredToken: its time (exp) is over")
    assert found.count("passed") == len(CHECKS)
    assert "Session still live" not in found


def test_access_token_runs_out_while_one_watches(page: Page, server: Gatehouse) -> None:
    """After 20 seconds the browser drops the cookie; the next request leads to a rotation."""
    open_lab_flow(page, server)
    expect(page.locator("[data-countdown]")).to_contain_text("runs out in")

    expect(page.locator("#step-8")).to_have_attribute("data-done", "yes", timeout=40_000)

    found = server_of(step(page, 8))
    assert "the browser had dropped the cookie" in found
    assert re.search(r"Verdict\s+rotate", found)
    assert "generation 2 current" in found


def test_lab_session_is_no_session_of_the_app(page: Page, server: Gatehouse) -> None:
    """Signed in at the lab, a stranger at the app: other host, other keys, other people."""
    open_lab_flow(page, server)

    page.goto("/notes")

    expect(page).to_have_url(re.compile("/login"))


def test_stop_forgets_what_was_noted_and_notes_no_more(page: Page) -> None:
    """It stays so until one asks for it again, from an empty page; the session goes on."""
    page.goto("/learn/flow")
    page.get_by_role("button", name="Sign in as Alice").click()
    step(page, 5)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))

    page.get_by_role("button", name="Stop and forget them").click()

    expect(page.get_by_role("heading", name="Stopped, and forgotten")).to_be_focused()
    expect(page.get_by_role("button", name="GET /api/me")).to_be_hidden()
    assert [line.split("/learn/")[0] for line in asked if "/learn/api/watch" in line] == [
        f"DELETE {page.url.split('/learn/')[0]}"
    ]
    told = page.evaluate("fetch('/learn/api/log?after=0').then((answer) => answer.status)")
    assert told == 404

    page.get_by_role("link", name="Begin to watch again").click()

    expect(page.get_by_role("button", name="Stop and forget them")).to_be_visible()
    expect(page.locator("[data-done]")).to_have_count(0)
    expect(page.locator("[data-user-name]")).to_have_text("Alice")


def test_page_that_nobody_can_watch_says_so(page: Page, server: Gatehouse) -> None:
    """Its steps would stay empty for no reason."""
    page.route("**/learn/api/watch", lambda route: route.fulfill(status=503, body=""))

    page.goto(f"{lab(server)}/learn/flow")

    expect(page.locator("[data-problem]")).not_to_have_text("")
