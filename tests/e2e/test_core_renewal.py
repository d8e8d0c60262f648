"""Step 8 in the browser: tokens run out, answers are lost, tabs race, and nobody notices."""

from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.e2e import steps
from tests.e2e.steps import Person
from tests.servers import Gatehouse

# Resolves once the browser has dropped the access cookie at the end of its life.
UNTIL_RUN_OUT = """
    async () => {
        for (;;) {
            const state = await (await fetch('/auth/session')).json();
            if (!state.authenticated) return state.session !== null;
            await new Promise((resolve) => { setTimeout(resolve, 100); });
        }
    }
"""
# All tabs do this at the same moment: the one a laptop's lid is opened, and then some.
WAKE = """
    (at) => setTimeout(() => {
        document.dispatchEvent(new Event('visibilitychange'));
        const search = document.querySelector('#search');
        search.value = 'woken';
        search.form.requestSubmit();
    }, at - Date.now())
"""
WINDOW_AND_MORE = 60


@pytest.fixture
def alice(server: Gatehouse) -> Person:
    """Somebody who works for longer than an access token lives."""
    return steps.new_person(server, "Alice")


def test_access_token_expired_renews_itself_while_a_note_is_written(
    serve: Callable[..., Gatehouse], new_context: Callable[..., BrowserContext]
) -> None:
    """Three seconds of life, then Save: one refresh, one note, no question asked."""
    server = serve(GATEHOUSE_ACCESS_SECONDS=3)
    context = new_context(base_url=server.url)
    page, person = context.new_page(), steps.new_person(server, "Alice")
    steps.sign_in(page, person)
    steps.write_note(page, "Slow thoughts", "took longer than three seconds")

    assert page.evaluate(UNTIL_RUN_OUT) is True
    refreshes = steps.count_requests(context, "POST", "/auth/refresh")
    steps.save_note(page)

    assert refreshes() == 1
    assert steps.notes_of(server, person) == [("Slow thoughts", "took longer than three seconds")]


def test_access_cookie_gone_renews_itself_when_a_note_is_saved(
    server: Gatehouse, context: BrowserContext, page: Page, alice: Person
) -> None:
    """The request that was refused is repeated once, and so carried out once."""
    steps.sign_in(page, alice)
    steps.write_note(page, "Once", "and only once")
    refreshes = steps.count_requests(context, "POST", "/auth/refresh")
    saves = steps.count_requests(context, "POST", "/api/notes")

    steps.lose_access(context)
    steps.save_note(page)

    assert refreshes() == 1
    assert saves() == 2  # the one that was refused, and its repetition
    assert steps.notes_of(server, alice) == [("Once", "and only once")]
    expect(page.locator("[data-notice]")).to_be_empty()


def test_access_cookie_gone_renews_itself_when_a_page_is_opened(
    context: BrowserContext, page: Page, alice: Person
) -> None:
    """Coming back after a night: the page refreshes first and shows no sign-in form."""
    steps.sign_in(page, alice)
    refreshes = steps.count_requests(context, "POST", "/auth/refresh")

    steps.lose_access(context)
    page.reload()

    steps.expect_signed_in(page, alice)
    assert page.url.endswith("/notes")
    assert refreshes() == 1


def test_five_tabs_that_wake_together_send_one_refresh(
    server: Gatehouse, context: BrowserContext, page: Page, alice: Person
) -> None:
    """One lock for all tabs, and a look inside it whether another was faster."""
    steps.sign_in(page, alice)
    tabs = [page, *(context.new_page() for _ in range(4))]
    for tab in tabs[1:]:
        tab.goto("/notes")
        steps.expect_signed_in(tab, alice)
    [session] = steps.sessions_of(server, alice)
    steps.let_time_pass(server, session, WINDOW_AND_MORE)
    refreshes = steps.count_requests(context, "POST", "/auth/refresh")

    steps.lose_access(context)
    at = page.evaluate("Date.now()") + 700
    for tab in tabs:
        tab.evaluate(WAKE, at)

    for tab in tabs:
        expect(tab.locator("[data-count]")).to_have_text("No note has “woken” in it.")
        expect(tab.locator("[data-user-name]")).to_have_text(alice.name)
    assert refreshes() == 1
    assert steps.generation_of(server, session) == 2
    assert steps.sessions_of(server, alice) == [session]


def answer_is_lost(context: BrowserContext, server: Gatehouse) -> Callable[[Route], None]:
    """A handler: the server gets the refresh and rotates, the browser hears nothing."""

    def handle(route: Route) -> None:
        # Not route.fetch(): that would put the answer's cookies into the browser all the same.
        headers = {**route.request.headers, "origin": server.url, "sec-fetch-site": "same-origin"}
        headers["cookie"] = "; ".join(f"{c['name']}={c['value']}" for c in context.cookies())
        assert httpx.post(route.request.url, headers=headers).status_code == 200
        route.abort("connectionreset")

    return handle


def test_refresh_answer_lost_is_repeated_and_the_person_notices_nothing(
    server: Gatehouse, context: BrowserContext, page: Page, alice: Person
) -> None:
    """Inside the window the server answers the older token again, with the same generation."""
    steps.sign_in(page, alice)
    steps.write_note(page, "In the tunnel")
    [session] = steps.sessions_of(server, alice)
    steps.let_time_pass(server, session, WINDOW_AND_MORE)
    refreshes = steps.count_requests(context, "POST", "/auth/refresh")
    context.route("**/auth/refresh", answer_is_lost(context, server), times=1)

    steps.lose_access(context)
    steps.save_note(page)

    assert refreshes() == 2
    assert steps.generation_of(server, session) == 2
    assert steps.notes_of(server, alice) == [("In the tunnel", "")]
    expect(page.locator("[data-form-error]")).to_be_empty()
    expect(page.locator("[data-notice]")).to_be_empty()


def test_refresh_answer_lost_for_a_night_signs_nobody_out(
    server: Gatehouse, context: BrowserContext, page: Page, alice: Person
) -> None:
    """The window is long over, but nobody ever used the lost answer: the server rotates past it."""
    steps.sign_in(page, alice)
    [session] = steps.sessions_of(server, alice)
    steps.let_time_pass(server, session, WINDOW_AND_MORE)
    context.route("**/auth/refresh", answer_is_lost(context, server))
    steps.lose_access(context)
    page.reload()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    context.unroute("**/auth/refresh")
    steps.let_time_pass(server, session, WINDOW_AND_MORE)

    page.reload()

    steps.expect_signed_in(page, alice)
    assert steps.generation_of(server, session) == 3


def grow_old(server: Gatehouse, context: BrowserContext, page: Page, person: Person) -> str:
    """Signs in and refreshes twice; returns the first refresh token, by now two generations old."""
    steps.sign_in(page, person)
    [session] = steps.sessions_of(server, person)
    first = steps.cookie(context, steps.REFRESH)
    for _ in range(2):
        steps.let_time_pass(server, session, WINDOW_AND_MORE)
        steps.lose_access(context)
        page.reload()
        steps.expect_signed_in(page, person)
    assert steps.generation_of(server, session) == 3
    assert first
    return first


def test_older_refresh_token_replayed_signs_the_browser_out_with_the_reason(
    server: Gatehouse, context: BrowserContext, page: Page, alice: Person
) -> None:
    """A browser restored from a backup: the page says why it asks for a password again."""
    older = grow_old(server, context, page, alice)
    steps.lose_access(context)
    steps.put_cookie(context, steps.REFRESH, older)

    page.reload()

    page.wait_for_url("**/login?*")
    expect(page.locator("[data-reason]")).to_contain_text("Your session has ended")
    assert steps.cookie(context, steps.REFRESH) is None
    assert steps.sessions_of(server, alice) == []
    steps.fill_sign_in(page, alice)
    page.wait_for_url("**/notes")
    page.goto("/account")
    expect(page.locator("[data-ended]")).to_contain_text("older copy of the sign-in was used")


def test_copied_refresh_token_replayed_ends_the_session_of_both_holders(
    server: Gatehouse,
    context: BrowserContext,
    page: Page,
    alice: Person,
    new_context: Callable[..., BrowserContext],
) -> None:
    """Mallory's copy is refused at once, and alice's tab signs out at her next step."""
    copied = grow_old(server, context, page, alice)
    mallory = new_context()
    thief = mallory.new_page()
    thief.goto("/")
    expect(thief.locator("[data-readable-cookies]")).to_have_text(steps.CSRF)
    steps.put_cookie(mallory, steps.REFRESH, copied)

    replay = steps.call(thief, "POST", "/auth/refresh")
    page.get_by_label("Search notes").fill("anything")

    assert (replay["status"], replay["body"]["code"]) == (401, "session_ended")
    page.wait_for_url("**/login?*")
    expect(page.locator("[data-reason]")).to_contain_text("Your session has ended")
    assert steps.cookie(context, steps.REFRESH) is None
    assert steps.cookie(mallory, steps.ACCESS) is None
