"""docs/migrate.md: each flaw has a way to find it, our code and a test."""

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


def test_every_flaw_names_a_function_and_a_test_that_exist() -> None:
    """What is renamed or removed takes the claim with it."""
    flaws = list(FLAW.finditer(read(PAGE)))

    assert len(flaws) == len(re.findall(r"^- \*\*Spot it:\*\*", read(PAGE), re.MULTILINE)) > 0
    for flaw in flaws:
        code = re.findall(r"\]\(([^)]+)\) `(\w+)`", flaw["here"])
        tests = re.findall(r"`((?:accounts/)?tests/[\w/]+\.py)::(\w+)`", flaw["tests"])

        assert code
        assert tests
        for path, name in code:
            assert defines(from_top(PAGE, path), name), flaw[1]
        for path, name in tests:
            assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8"), flaw[1]
