"""DECISIONS.md and CHANGELOG.md keep their form."""

import re

from tests.docs import read

MOST_LINES = 12
HEADINGS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_every_decision_is_short_and_says_why() -> None:
    """At most twelve lines: the choice, because of what, at which cost, until when."""
    entries = re.split(r"^## ", read("DECISIONS.md"), flags=re.MULTILINE)[1:]

    assert len(entries) > 10
    for entry in entries:
        title, *lines = entry.strip().splitlines()
        assert len(lines) < MOST_LINES, title
        for word in ("because", "cost:"):
            assert word in entry.lower(), f"{title}: no {word}"


def test_changelog_has_the_form_of_keep_a_changelog() -> None:
    """Versions with dates, the six headings, and what concerns security under its own."""
    versions = re.split(r"^## ", read("CHANGELOG.md"), flags=re.MULTILINE)[1:]

    for version in versions:
        assert re.match(r"\[(Unreleased|\d+\.\d+\.\d+)\]( - \d{4}-\d\d-\d\d)?\n", version), version
        assert set(re.findall(r"^### (.+)$", version, re.MULTILINE)) <= HEADINGS
    assert "### Security" in versions[0]
