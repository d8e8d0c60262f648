"""docs/security.md: every requirement has its row, and every row a test that exists."""

import re

from tests.docs import read
from tests.servers import ROOT

# How many requirements each section has.
REQUIREMENTS = [12, 11, 12, 22, 18, 14, 14, 7, 8, 6, 4, 11, 7, 6, 5, 4, 4, 6, 8, 14]


def test_security_page_has_every_requirement_once_and_in_order() -> None:
    """No requirement can be dropped silently, and none is held by nothing."""
    rows = re.findall(r"^\| (\d+\.\d+) \| .+ \| .+ \|$", read("docs/security.md"), re.MULTILINE)

    assert rows == [
        f"{section}.{number}"
        for section, count in enumerate(REQUIREMENTS, start=1)
        for number in range(1, count + 1)
    ]


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
