"""docs/migrate.md: twenty flaws, each with a way to find it, our code and a test."""

import re

from tests.docs import defines, from_top, read
from tests.servers import ROOT

PAGE = "docs/migrate.md"
FLAW = re.compile(
    r"^### (\d+)\. .+\n\n"
    r"- \*\*Spot it:\*\* (?P<spot>.+)\n"
    r"- \*\*Here:\*\* (?P<here>.+)\n"
    r"- \*\*Held by:\*\* (?P<tests>.+)$",
    re.MULTILINE,
)


def test_there_are_twenty_flaws_in_order() -> None:
    """Each is complete: where one part is missing, its number is missing here."""
    assert [int(found[1]) for found in FLAW.finditer(read(PAGE))] == list(range(1, 21))


def test_every_flaw_names_a_function_and_a_test_that_exist() -> None:
    """What is renamed or removed takes the claim with it."""
    for flaw in FLAW.finditer(read(PAGE)):
        code = re.findall(r"\]\(([^)]+)\) `(\w+)`", flaw["here"])
        tests = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", flaw["tests"])

        assert code
        assert tests
        for path, name in code:
            assert defines(from_top(PAGE, path), name), flaw[1]
        for path, name in tests:
            assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8"), flaw[1]
