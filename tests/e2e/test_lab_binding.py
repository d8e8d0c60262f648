"""/learn/binding: each experiment says what happened, from the server's own answers, in every engine."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.servers import Gatehouse

pytest.importorskip("lab")

# May break after its underscores.
REFUSED = "403 device_\u200bproof_\u200brequired"


@pytest.fixture
def lab(page: Page, server: Gatehouse) -> Page:
    page.goto(server.url.replace("localhost", "app.demo.localhost") + "/learn/binding")
    return page


def run(page: Page, name: str, prediction: str, switch: str = "") -> Locator:
    """Predict, run, and wait for the verdict."""
    box = page.locator(f"#{name}")
    box.locator(f'[data-predict="{prediction}"]').click()
    if switch:
        box.locator(f'[data-switch="{switch}"]').evaluate("(one) => { one.checked = true; }")
    box.locator("[data-run]").click()
    expect(box).to_have_attribute("data-state", "done", timeout=20_000)
    return box


def came_true(box: Locator, key: str) -> None:
    expect(box.locator("[data-came-true]")).to_have_attribute("data-predict", key)


def moments(box: Locator) -> list[list[str]]:
    """Each row of the evidence: owner, clock, thief."""
    box.locator("[data-evidence] > summary").click()
    rows = box.locator("[data-rows] > tr").all()
    return [row.locator("th, td").all_inner_texts() for row in rows]


def test_unbound_copy_works_for_thirty_days(lab: Page) -> None:
    """The owner stays away, the thief refreshes every six days, and the deadline ends it."""
    box = run(lab, "unbound", "minutes")

    came_true(box, "days")
    expect(box.locator("[data-verdict]")).to_contain_text("You expected: Five minutes")
    expect(box.locator("[data-verdict]")).to_contain_text("30 days were over")
    found = moments(box)
    assert found[0][1:] == ["0:00 min", "copies the jar: access and refresh token"]
    assert found[2][1:] == [
        "5:06 min",
        "GET /api/me → 401 invalid_token: its time (exp) is over",
    ]
    assert "30 days" in found[-1][1]
    assert found[-1][2] == "POST /auth/refresh → 401 session_ended: its time (exp) is over"
    assert sum("→ 200" in thief for _, _, thief in found) == 11


def test_owner_who_comes_back_ends_the_copy(lab: Page) -> None:
    """With the switch: reuse is detected, and both are out."""
    box = run(lab, "unbound", "caught", "returns")

    came_true(box, "caught")
    expect(box.locator("[data-verdict]")).to_contain_text("As you expected. ")
    found = moments(box)
    assert "401 session_ended: generation 1 came back at 3; event refresh_reused" in found[-2][0]
    assert found[-1][2] == "GET /api/me → 401 invalid_token: the session has ended"


def test_bound_copy_ends_with_the_companion(lab: Page) -> None:
    """The step-up is refused at once, everything after five minutes, and the owner goes on."""
    box = run(lab, "bound", "minutes")

    came_true(box, "minutes")
    owner = box.locator('[data-glance] [data-facts="script"]')
    thief = box.locator('[data-glance] [data-facts="server"]')
    expect(owner.locator("dd")).to_have_text(["204", "200", "200"])
    expect(thief.locator("dd")).to_have_text([REFUSED, "200", REFUSED])
    found = moments(box)
    assert "POST /auth/binding, signed by the device → 200; event bound" in found[0][0]
    assert found[4][1:] == ["4:59 min", "GET /api/me → 200"]
    assert "event binding_refused" in found[6][2]
    assert "/auth/binding/refresh, signed by the device → 200" in found[7][0]


def test_thief_without_the_companion_gets_nothing(lab: Page) -> None:
    """With the switch: leaving it out is no way round."""
    box = run(lab, "bound", "never", "without")

    came_true(box, "never")
    thief = box.locator('[data-glance] [data-facts="server"] dd')
    expect(thief).to_have_text([REFUSED] * 3)


def test_injected_script_signs_and_takes_nothing_along(lab: Page) -> None:
    """The exception is this browser's own, and the server's yes is that of the product's code."""
    box = run(lab, "ride", "use")

    came_true(box, "use")
    script = box.locator('[data-glance] [data-facts="script"] dd')
    server = box.locator('[data-glance] [data-facts="server"] dd')
    expect(script.first).to_contain_text("InvalidAccessError: ")
    expect(server).to_have_text(
        [
            "200: the signature is good",
            "403: signed by another key than this session is bound to",
        ]
    )
    names = "indexedDB.databases().then((all) => all.map(({ name }) => name))"
    assert "lab-key" not in lab.evaluate(names)


def test_extractable_key_is_taken_along(lab: Page) -> None:
    """With the switch: the difference is the browser's alone."""
    box = run(lab, "ride", "nothing", "extractable")

    came_true(box, "take")
    expect(box.locator("[data-verdict]")).to_contain_text("took the private key along")


def test_reset_begins_anew(lab: Page) -> None:
    """Evidence, switches and verdict are gone."""
    box = run(lab, "bound", "minutes", "without")

    box.get_by_role("button", name="Reset").click()

    expect(box).to_have_attribute("data-state", "asking")
    expect(box.locator("[data-rows] > tr")).to_have_count(0)
    expect(box.locator("[data-switch]")).not_to_be_checked()


def test_page_says_where_the_learners_browser_stands(lab: Page) -> None:
    """It never acts over plain http, and nothing here needs it."""
    told = lab.get_by_role("region", name="And your own browser?")

    expect(told).to_contain_text("Nothing on this page needs it")
    expect(told).to_contain_text("over plain http, as here, it never does")
