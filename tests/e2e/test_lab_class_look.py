"""The pages of a class, before and after joining, and the teacher's: see tests.e2e.look."""

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.look import visitor
from tests.e2e.test_lab_class import SLOW, room  # noqa: F401  (the fixture)
from tests.servers import Classroom

pytest.importorskip("lab")


def test_pages_of_a_class_look_as_they_should(browser: Browser, room: Classroom) -> None:  # noqa: F811
    """Joining, what a pupil then reads, and the projector with a question open."""
    pupil, teacher = visitor(browser, room.url), visitor(browser, room.url)
    pupil.page.goto("/class")
    expect(pupil.page.get_by_label("Code")).to_be_visible()
    pupil.look("class-door")
    pupil.page.get_by_label("Code").fill(room.code)
    pupil.page.get_by_role("button", name="Join").click()
    expect(pupil.page.get_by_text("You are signed in.")).to_be_visible(timeout=SLOW)
    pupil.look("class-joined")
    pupil.page.goto("/learn")
    pupil.page.locator("lab-experiment#first [data-predict]").first.click()

    teacher.page.goto("/class/teacher")
    teacher.page.get_by_label("Secret").fill(room.secret)
    teacher.look("class-secret", refused=404)
    teacher.page.get_by_role("button", name="Open").click()
    teacher.page.locator("[data-experiment=first] summary").click(timeout=SLOW)
    teacher.look("class-projector")

    for one in (pupil, teacher):
        one.page.context.close()
