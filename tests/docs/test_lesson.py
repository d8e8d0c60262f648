"""docs/tutorial: the lesson can be done as it is written, with the pages that the app serves."""

import re
from html import unescape

import pytest

from tests.clients import BrowserClient
from tests.docs import pages, prose, read

pytest.importorskip("lab")

from lab.contents import PAGES
from tests.lab.clients import LabClient

PARTS = re.compile(r"^## (\d)\. .+? \((\d+) minutes\)$(.*?)(?=^## )", re.MULTILINE | re.DOTALL)
LESSON, ANSWERS = "docs/tutorial/lesson.md", "docs/tutorial/answers.md"
SHEET = "templates/lab/worksheet.html"
PLACE = re.compile(r"(/learn(?:/[a-z-]+)?)(?:#([\w-]+))?")


@pytest.fixture
def lab_pages(browser_client: BrowserClient) -> dict[str, str]:
    """The HTML of each page of the lab, as both of its hosts serve it."""
    paths = ["/learn", "/learn/worksheet", *(f"/learn/{page.slug}" for page in PAGES)]
    return {path: browser_client.get(path).text + LabClient().get(path).text for path in paths}


def words(text: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", "", text)).split())


def labels(text: str) -> list[str]:
    """What is bold stands on the page in these words."""
    return [words(found) for found in re.findall(r"\*\*(.+?)\*\*", text, re.DOTALL)]


def test_each_part_names_what_its_page_has(lab_pages: dict[str, str]) -> None:
    """Buttons, choices and links are called on the page what the lesson calls them."""
    for number, _, text in PARTS.findall(read(LESSON)):
        (path,) = {place[0] for place in PLACE.findall(text.replace("(../", ""))}
        seen = words(lab_pages[path])
        for label in labels(text):
            assert label in seen, f"part {number}: {label}"


@pytest.mark.parametrize("page", [page for page in pages() if page.startswith("docs/")])
def test_place_in_the_lab_that_is_named_exists(lab_pages: dict[str, str], page: str) -> None:
    """`/learn/page#experiment` in any page of docs/."""
    for path, anchor in PLACE.findall(prose(page)):
        assert path in lab_pages, path
        assert not anchor or f'id="{anchor}"' in lab_pages[path], f"{path}#{anchor}"


def test_every_question_has_an_answer_and_its_place_in_the_lesson() -> None:
    """In order, and none without the others."""
    asked = re.findall(r"<h2>(\d+)\.", read(SHEET))
    answered = re.findall(r"^\*\*(\d+)\.\*\*", read(ANSWERS), re.MULTILINE)
    used = re.findall(r"\bquestion (\d+)", read(LESSON), re.IGNORECASE)

    assert asked == answered == used != []
