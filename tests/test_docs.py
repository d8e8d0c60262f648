"""The documentation says what is so: numbers, tests, functions and settings exist."""

import re

from tests.servers import ROOT

# How many requirements each section has.
REQUIREMENTS = [12, 11, 12, 22, 18, 14, 14, 7, 8, 6, 4, 11, 7, 6, 5, 4, 4, 6, 8]


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


def test_readme_links_lead_to_files_and_functions() -> None:
    """Each link of the eight steps leads to a file, and each name after it is defined there."""
    readme = read("README.md")
    links = re.findall(r"\]\(([^)#:]+)\)(?: `(\w+)`)?", readme)

    assert len(links) > 10
    for path, name in links:
        assert (ROOT / path).is_file(), path
        if name:
            assert re.search(
                rf"(def|class|function|const) {name}\b|^{name}\b", read(path), re.MULTILINE
            ), f"{path} {name}"


def test_every_setting_is_documented_and_every_documented_one_is_read() -> None:
    """The table of README.md and the code name the same variables."""
    code = "".join(
        path.read_text(encoding="utf-8")
        for folder in ("project", "tools")
        for path in (ROOT / folder).glob("*.py")
    )
    read_in_code = set(re.findall(r'"(GATEHOUSE_[A-Z_]+?)"', code))
    read_in_code |= set(re.findall(r"\b(GATEHOUSE_[A-Z_]+)=", code))
    documented = set(re.findall(r"`(GATEHOUSE_[A-Z_]+)`", read("README.md")))

    assert {name.removesuffix("_FILE") for name in read_in_code} == documented


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")
