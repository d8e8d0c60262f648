"""README.md fits on a few screens and leads where it says."""

import re
import tomllib

from tests.docs import from_top, links, pages, read
from tests.servers import ROOT

MOST_LINES = 150


def test_readme_is_short() -> None:
    """A stranger decides in a minute; everything longer has its page in docs/."""
    assert len(read("README.md").splitlines()) <= MOST_LINES


def test_readme_names_file_and_function_of_each_step() -> None:
    """The table of the eight steps; tests/docs/test_links.py looks the names up."""
    rows = re.findall(r"^\| ([1-8]) [^|]+\|[^|]+\|([^|]+)\|$", read("README.md"), re.MULTILINE)

    assert [number for number, _ in rows] == list("12345678")
    for number, cell in rows:
        assert re.search(r"\]\([^)]+\) `\w+`", cell), number


def test_every_page_is_in_the_index() -> None:
    """What docs/README.md does not link is found by nobody."""
    linked = {from_top("docs/README.md", address) for _, address in links("docs/README.md")}
    ours = {ROOT / page for page in pages() if page.startswith("docs/")}
    assert ours - {ROOT / "docs" / "README.md"} <= linked


def test_licence_is_the_same_wherever_it_is_said() -> None:
    """Whoever may copy reads it in README.md, tools in pyproject.toml, lawyers in LICENSE."""
    project = tomllib.loads(read("pyproject.toml"))["project"]

    assert ("MIT", "LICENSE") in links("README.md")
    assert (project["license"], project["license-files"]) == ("MIT", ["LICENSE"])
    assert read("LICENSE").startswith("MIT License\n\nCopyright (c) 2026 The Gatehouse authors\n")
