"""docs/tutorial in one sitting: every step of the lesson can be done, and the answers are right.

What the pages show is asserted in tests/e2e; here it is the order, the hosts, and the tables of
the answers page, which are compared with what this browser shows.
"""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.docs import read
from tests.servers import Gatehouse

pytest.importorskip("lab")

ANSWERS = "docs/tutorial/answers.md"
FORGED = {"tampered", "none", "refresh", "lab-token"}
SLOW = 25_000


def answers(number: int) -> dict[str, list[str]]:
    """The rows of the table in this answer, by their first cell."""
    part = re.split(r"^\*\*\d+\.\*\* ?", read(ANSWERS), flags=re.MULTILINE)[number]
    rows = [line.strip("| ").split(" | ") for line in part.splitlines() if line.startswith("| ")]
    return {first: rest for first, *rest in rows[1:]}


def open_lab(page: Page, server: Gatehouse, place: str) -> Locator:
    """An experiment at the lab's own host."""
    page.goto(f"http://app.demo.localhost:{server.port}/learn/{place}")
    return page.locator(f"lab-experiment#{place.partition('#')[2]}")


def test_parts_one_and_two_show_a_sign_in_from_both_ends(page: Page) -> None:
    """From the first surprise to a session of twenty seconds at the lab."""
    page.goto("/learn")
    first = page.locator("lab-experiment#first")
    first.get_by_role("button", name="It sees nothing of it at all").click()
    first.get_by_role("button", name="Try to read it").click()
    expect(first.locator("[data-verdict]")).to_contain_text("As you expected.")

    page.goto("/learn/flow")
    page.get_by_role("button", name="Sign in as Alice").click()
    expect(page.locator("#step-5")).to_have_attribute("data-done", "yes")
    page.get_by_role("button", name="GET /api/me").click()
    page.get_by_role("button", name="POST, with CSRF check").click()
    expect(page.locator("#step-7")).to_have_attribute("data-done", "yes")
    page.get_by_role("link", name=re.compile("a session of 20 seconds")).click()
    page.get_by_role("button", name="Sign in as Alice").click()
    page.get_by_role("button", name="Expire now").click()

    expect(page.locator("#step-8")).to_have_attribute("data-done", "yes")


PLACES = {
    "localStorage": "local",
    "sessionStorage": "session",
    "a variable, with a refresh cookie": "memory",
    "a cookie that script can read": "readable",
    "an HttpOnly cookie": "httponly",
}


@pytest.mark.parametrize("name", PLACES)
def test_part_three_and_its_answers_agree(page: Page, server: Gatehouse, name: str) -> None:
    """What the attacker reads, keeps and does, place by place."""
    box = open_lab(page, server, "storage#places")
    box.get_by_label(name, exact=True).check()
    with page.expect_popup():
        box.get_by_role("button", name="1. Attack").click()
    expect(box.locator("[data-close-victim]")).to_be_enabled(timeout=SLOW)
    box.get_by_role("button", name=re.compile("2. Close the victim.s tab")).click()
    expect(box.locator("[data-use-loot]")).to_be_enabled(timeout=SLOW)
    with page.expect_popup():
        box.get_by_role("button", name="3. Use the loot").click()
    expect(box).to_have_attribute("data-state", "done", timeout=SLOW)

    row = box.locator(f"[data-place={PLACES[name]}]")
    seen = [
        str(row.locator(f"[data-cell={cell}]").text_content())
        for cell in ("read", "later", "acted")
    ]
    assert [re.split(r"\W", text.lower())[0] for text in seen] == answers(3)[name]


def test_part_four_and_its_answers_agree(page: Page, server: Gatehouse) -> None:
    """Four cards, each welcomed by one reader and refused by the other for the reason given."""
    told = answers(4)
    for card in FORGED:
        box = open_lab(page, server, f"forge#{card}")
        title = page.locator(f".deck a[href='#{card}']").inner_text()
        naive, ours, reason = told[title]

        box.get_by_role("button", name="Give it to both verifiers").click()

        glance = box.locator("[data-glance]")
        expect(glance.locator("[data-facts=script]")).to_contain_text("Accepted")
        assert (naive, ours) == ("accepts", "refuses")
        expect(glance.locator("[data-facts=server] dd").first).to_have_text(f"Refused: {reason}")


@pytest.mark.parametrize(
    ("who", "fell"), [("other", "none, Lax"), ("sibling", "none, Lax, Strict")]
)
def test_part_five_ends_as_its_answers_say(
    page: Page, server: Gatehouse, who: str, fell: str
) -> None:
    """From another site Strict holds; from a sibling what looks at the origin holds."""
    box = open_lab(page, server, f"cross-site#{who}")

    with page.expect_popup():
        box.get_by_role("button", name=re.compile("Open the attacker.s page")).click()

    expect(box.locator("[data-verdict]")).to_contain_text(f"{fell}.", timeout=SLOW)


@pytest.mark.parametrize(
    ("story", "came_true"), [("replay", "both-out"), ("lost", "in"), ("patient", "never")]
)
def test_part_six_ends_as_its_answers_say(
    page: Page, server: Gatehouse, story: str, came_true: str
) -> None:
    """An older copy, a lost answer, a thief who waits."""
    box = open_lab(page, server, f"refresh#{story}")

    box.locator("[data-run]").click()

    expect(box).to_have_attribute("data-state", "done", timeout=SLOW)
    expect(box.locator("[data-came-true]")).to_have_attribute("data-predict", came_true)
