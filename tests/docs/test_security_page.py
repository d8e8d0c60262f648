"""docs/security.md: every requirement has its row, and every row a test that exists."""

import re

from tests.docs import read
from tests.servers import ROOT


def test_security_page_has_every_requirement_once() -> None:
    """No number stands for two requirements, and none is held by nothing."""
    rows = re.findall(r"^\| (\d+\.\d+) \| (.*)\|$", read("docs/security.md"), re.MULTILINE)

    numbers = [number for number, _ in rows]
    assert sorted(set(numbers)) == sorted(numbers) != []
    for number, cells in rows:
        assert all(cell.strip() for cell in cells.split("|")), number


def test_security_page_names_tests_that_exist() -> None:
    """A test that is renamed or removed takes its row's claim with it."""
    named = set(re.findall(r"`([\w/]+\.py)(?:::(\w+))?`", read("docs/security.md")))

    missing = [
        f"{path} {name}"
        for path, name in sorted(named)
        if not exists(path) or (name and f"def {name}(" not in read(exists(path)))
    ]
    assert missing == []


def exists(path: str) -> str:
    """The path from the top of a file that the page names from there, or from tests/."""
    for candidate in (f"tests/{path}", path):
        if (ROOT / candidate).is_file():
            return candidate
    return ""
