"""/learn/refresh in a real browser: five stories of one session, told by its real row."""

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.tests.presenting import holds_jwt
from tests.e2e.steps import hold
from tests.servers import Gatehouse

pytest.importorskip("lab")


def tell(page: Page, server: Gatehouse, story: str, *switches: str) -> Locator:
    """Run a story with these switches set, and wait for its end."""
    page.goto(f"http://app.demo.localhost:{server.port}/learn/refresh#{story}")
    box = page.locator(f"lab-experiment#{story}")
    for switch in switches:
        box.locator(f"[data-switch={switch}]").evaluate("(found) => { found.checked = true; }")
    box.locator("[data-run]").click()
    expect(box).to_have_attribute("data-state", "done", timeout=25_000)
    return box


def row(box: Locator, column: str) -> str:
    """This column of the row, as the last step left it."""
    return box.locator(f"[data-column={column}]").last.text_content() or ""


def changes(box: Locator) -> list[set[str]]:
    """Line by line of the table, the columns that are marked."""
    return [
        {str(cell.get_attribute("data-column")) for cell in line.locator("[data-changed]").all()}
        for line in box.locator("[data-rows] tr").all()
    ]


def press(button: Locator) -> None:
    """By keyboard: it can be reached also where it says that it does nothing now."""
    button.focus()
    button.press("Enter")


def came_true(box: Locator) -> str:
    return str(box.locator("[data-came-true]").get_attribute("data-predict"))


@pytest.mark.parametrize(
    ("story", "switches", "outcome"),
    [
        ("replay", [], "both-out"),
        ("replay", ["early"], "thief-in"),
        ("lost", [], "in"),
        ("lost", ["used"], "out"),
        ("patient", [], "never"),
        ("patient", ["returns"], "caught"),
        ("copied", [], "refused"),
        ("copied", ["blind"], "works"),
    ],
)
def test_story_ends_as_the_session_algorithm_says(
    page: Page, server: Gatehouse, story: str, switches: list[str], outcome: str
) -> None:
    """The outcome is that of the real functions, and one thing changed changes it."""
    box = tell(page, server, story, *switches)

    assert came_true(box) == outcome
    if outcome == "both-out":
        assert row(box, "end_reason") == "reuse_detected"
        states = box.locator("[data-generations] li").all()
        assert {item.get_attribute("data-state") for item in states} == {"revoked"}
        expect(box.locator(".exchange")).to_contain_text(["refresh_reused"])
    told = box.text_content() or ""
    if story == "lost":
        assert "nothing: the answer with generation 2 was lost" in told
    if outcome == "out":
        assert "generation 1 was used although generation 2 was current" in told


def test_row_is_drawn_after_each_step_with_its_changes_marked(
    page: Page, server: Gatehouse
) -> None:
    """Sign-in, refresh, use, replay: what each changed in the table stands line by line."""
    box = tell(page, server, "replay")

    assert changes(box) == [
        set(),
        {"generation", "previous_generation"},
        {"confirmed"},
        {"ended", "end_reason"},
        set(),
    ]


@pytest.mark.parametrize(
    ("switches", "outcome", "refreshes"),
    [
        ([], "both-out", ""),
        (["window"], "fine", "after 2 refreshes"),
        (["lock"], "fine", "after 1 refresh."),
        (["window", "lock"], "fine", "after 1 refresh."),
    ],
)
def test_two_tabs_live_by_the_window_or_the_lock(
    page: Page, server: Gatehouse, switches: list[str], outcome: str, refreshes: str
) -> None:
    """Without either, the second tab is taken for a thief; with the lock one refresh is sent."""
    box = tell(page, server, "tabs", *switches)

    assert came_true(box) == outcome
    expect(box.locator("[data-verdict]")).to_contain_text(refreshes)
    if not switches:
        # What the first tab did with its answer comes before the second's refusal.
        assert changes(box) == [
            set(),
            {"generation", "previous_generation"},
            {"confirmed"},
            {"ended", "end_reason"},
            set(),
        ]


def test_experiments_run_one_at_a_time(page: Page, server: Gatehouse) -> None:
    """One person serves them all: a page runs one, and what another tab ended has no verdict."""
    address = f"http://app.demo.localhost:{server.port}/learn/refresh"
    page.goto(address)
    patient, replay = page.locator("#patient"), page.locator("#replay")
    refresh = "**/bank/refresh/turn"
    waiting = hold(page, refresh)
    with page.expect_request(refresh):
        patient.locator("[data-run]").click()
    expect(patient.locator("[data-rows] tr")).to_have_count(1)

    press(replay.locator("[data-run]"))

    expect(replay.locator("[data-verdict]")).to_contain_text("Another experiment of this page")
    expect(replay).to_have_attribute("data-state", "asking")
    expect(replay.locator("[data-run]")).to_have_attribute("aria-disabled", "true")

    tell(page.context.new_page(), server, "copied")
    waiting.pop().continue_()

    verdict = patient.locator("[data-verdict]")
    expect(verdict).to_contain_text("Another experiment was started, in another tab")
    expect(patient).to_have_attribute("data-state", "asking")
    expect(replay.locator("[data-verdict]")).to_have_text("")
    expect(page.locator("[data-run][aria-disabled]")).to_have_count(0)
    assert not patient.locator("[data-came-true]").count()

    # The second run still writes: Reset, shown after the first, is away until it has ended.
    expect(patient.locator("[data-reset]")).to_be_visible()
    patient.locator("[data-run]").click()
    expect(patient.locator("[data-rows] tr")).to_have_count(1)
    expect(patient.locator("[data-reset]")).to_be_hidden()


def test_no_answer_and_no_storage_holds_a_token(page: Page, server: Gatehouse) -> None:
    """Script steers by handles alone."""
    bodies: list[str] = []
    page.on(
        "response",
        lambda answer: bodies.append(answer.text()) if "/bank/" in answer.url else None,
    )

    tell(page, server, "copied")

    kept = str(page.evaluate("() => JSON.stringify([{...localStorage}, {...sessionStorage}])"))
    assert len(bodies) >= 4
    assert not [text for text in [*bodies, kept] if holds_jwt(text)]
