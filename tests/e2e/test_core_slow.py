"""Slow is not broken: every answer takes seconds, and everything works."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e import steps
from tests.e2e.slow import SlowWay
from tests.servers import Gatehouse

PATIENCE = 60_000
# A third of it is what a refresh gets for its first attempt, as with the usual ten seconds.
GRACE = 3


def test_sign_in_and_out_with_seconds_for_each_answer_work(
    server: Gatehouse, new_context: Callable[..., BrowserContext]
) -> None:
    """Longer than the third of the window that a refresh attempt gets: nothing says it failed."""
    alice = steps.new_person(server, "Alice")
    with SlowWay(server.port, 3.6) as way:
        page = new_context(base_url=way.url).new_page()
        page.goto("/login")
        steps.fill_sign_in(page, alice)
        page.wait_for_url("**/notes", timeout=PATIENCE)
        expect(page.locator("[data-count]")).to_contain_text("no notes yet", timeout=PATIENCE)
        assert len(steps.sessions_of(server, alice)) == 1

        page.get_by_role("button", name="Sign out").click()

        page.wait_for_url("**/login?reason=signed_out", timeout=PATIENCE)
        assert steps.sessions_of(server, alice) == []


@pytest.mark.parametrize("round_trip", [0.36, 0.8], ids=["longer than an attempt", "much longer"])
def test_token_run_out_with_slow_answers_is_renewed_and_the_note_is_saved(
    serve: Callable[..., Gatehouse], new_context: Callable[..., BrowserContext], round_trip: float
) -> None:
    """The first attempts of a refresh are given up and repeated; the last may take its time."""
    server = serve(GATEHOUSE_GRACE_SECONDS=GRACE)
    alice = steps.new_person(server, "Alice")
    context = new_context(base_url=server.url)
    page = context.new_page()
    steps.sign_in(page, alice)
    [session] = steps.sessions_of(server, alice)
    steps.let_time_pass(server, session, 60)
    with SlowWay(server.port, round_trip * GRACE) as way:
        page.goto(f"{way.url}/notes")
        expect(page.locator("[data-user-name]")).to_have_text("Alice", timeout=PATIENCE)
        steps.write_note(page, "Slow", "and steady")
        steps.lose_access(context)
        refreshes = steps.count_requests(context, "POST", "/auth/refresh")

        page.get_by_role("button", name="Save").click()

        expect(page.locator("[data-saved]")).to_have_text("Saved", timeout=PATIENCE)
    assert refreshes() == 3
    assert steps.notes_of(server, alice) == [("Slow", "and steady")]
    assert steps.sessions_of(server, alice) == [session]
