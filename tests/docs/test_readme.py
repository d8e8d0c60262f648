"""README.md fits on a few screens and leads where it says."""

import re

from tests.docs import read

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
