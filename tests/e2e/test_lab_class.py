"""A class over TLS, at an address and without any name: two pupils, a teacher, and a new class."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.servers import Classroom

pytest.importorskip("lab")

# The first answer of each process reads the questions from all pages.
SLOW = 25_000


@pytest.fixture(scope="module")
def room(prepared_data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Classroom]:
    """A class that has just been opened, where the demo's people were before."""
    data_dir = tmp_path_factory.mktemp("room")
    shutil.copytree(prepared_data_dir, data_dir / "class")
    with Classroom(data_dir) as opened:
        yield opened


def join(page: Page, room: Classroom, code: str) -> str:
    """Come in as a pupil does, from a link to somewhere else. Return the name."""
    page.goto(f"{room.url}/notes")
    expect(page).to_have_url(f"{room.url}/class")
    page.get_by_label("Code").fill(code.lower())
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_text("You are signed in.")).to_be_visible(timeout=SLOW)
    return page.locator("[data-arrived] strong").inner_text()


@pytest.mark.expects_violations  # Firefox tells of what the attackers' pages are refused
def test_two_pupils_and_a_teacher_hold_a_class(
    room: Classroom, new_context: Callable[..., BrowserContext]
) -> None:
    """Joining, predicting, an attack between two sites, a copied jar, mails of one's own, and the end of it."""
    teacher, first, second = (new_context(base_url=room.url).new_page() for _ in range(3))
    names = [join(first, room, room.code), join(second, room, room.code)]
    assert len(set(names)) == 2

    teacher.goto("/class/teacher")
    teacher.get_by_label("Secret").fill(room.secret)
    teacher.get_by_role("button", name="Open").click()
    expect(teacher.get_by_text("Joined: 2")).to_be_visible(timeout=SLOW)
    assert room.secret not in teacher.content()

    # Each predicts something else, and one changes their mind.
    for page, answers in ((first, (0,)), (second, (0, 1))):
        page.goto("/learn")
        expect(page.locator("lab-experiment#first")).to_have_attribute("data-state", "asking")
        for number in answers:
            page.locator("lab-experiment#first [data-predict]").nth(number).click()
    tally = teacher.locator("[data-experiment=first]")
    expect(tally).to_contain_text("2 of 2", timeout=SLOW)
    tally.locator("summary").click()
    expect(tally.locator("li strong")).to_have_text(["1", "1", "0"])
    assert not any(name in teacher.content() for name in names)

    # Another site and a sibling, both at addresses.
    for who, fell in (("other", "none, Lax."), ("sibling", "none, Lax, Strict.")):
        first.goto(f"{room.lab}/learn/cross-site#{who}")
        box = first.locator(f"lab-experiment#{who}")
        with first.expect_popup():
            box.get_by_role("button", name=re.compile("Open the attacker.s page")).click()
        expect(box.locator("[data-verdict]")).to_contain_text(fell, timeout=SLOW)

    # One jar in two browsers, both played by the lab.
    second.goto(f"{room.lab}/learn/binding#bound")
    box = second.locator("lab-experiment#bound")
    box.locator("[data-run]").click()
    expect(box.locator("[data-came-true]")).to_have_attribute(
        "data-predict", "minutes", timeout=SLOW
    )

    # The attacker's server reaches the bank, and a passkey's answer is refused for its port.
    for name, told in (("code", "signed in as Alice"), ("passkey", "takes neither the answer")):
        first.goto(f"{room.lab}/learn/phishing#{name}")
        box = first.locator(f"lab-experiment#{name}")
        with first.expect_popup():
            box.locator("[data-run]").click()
        expect(box.locator("[data-verdict]")).to_contain_text(told, timeout=SLOW)

    # A mail to one pupil is in one mailbox.
    first.goto("/password/forgot")
    first.get_by_label("E-mail").fill(f"me@{names[0].lower().replace(' ', '-')}.class.test")
    first.get_by_role("button", name="Send").click()
    first.get_by_role("link", name="Open my mailbox").click()
    expect(first.locator("[data-mails] > li")).to_have_count(1)
    second.goto("/mail")
    expect(second.get_by_text("No mails yet")).to_be_visible()

    teacher.get_by_role("button", name="New class").click()
    teacher.get_by_role("button", name="Delete and start").click()
    expect(teacher.get_by_text("Joined: 0")).to_be_visible(timeout=SLOW)
    first.goto("/account")
    expect(first).to_have_url(f"{room.url}/class")
    assert teacher.locator("[data-slot=code]").inner_text() != room.code
