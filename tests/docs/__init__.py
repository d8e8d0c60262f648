"""The documentation says what is so: each claim that a machine can check is checked here."""

import re
from functools import cache
from pathlib import Path

from tests.servers import ROOT

NOT_OURS = {"var", "node_modules", "test-results"}
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]+)\)")


def pages() -> list[str]:
    """Every Markdown file of the project, by its path from the top.

    None in folders with a dot: tools write theirs there, and tests would depend on what ran before.
    """
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*.md"))
    return sorted(str(path) for path in found if not any(map(is_foreign, path.parts)))


def is_foreign(part: str) -> bool:
    return part in NOT_OURS or part.startswith(".")


@cache
def read(path: str | Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def prose(path: str) -> str:
    """The page without its blocks of code."""
    return FENCE.sub("", read(path))


def links(path: str) -> list[tuple[str, str]]:
    """Text and address of each link and picture of the page."""
    return LINK.findall(prose(path))


def from_top(page: str, address: str) -> Path:
    """Where a relative link of the page leads, without its anchor."""
    return ((ROOT / page).parent / address.partition("#")[0]).resolve()


def defines(path: Path, name: str) -> bool:
    """Whether the file has a definition of that name: of Python, JavaScript or a constant."""
    found = rf"^\s*(export )?(async )?(def|class|function|const) {name}\b|^{name}\b"
    return bool(re.search(found, path.read_text(encoding="utf-8"), re.MULTILINE))


def named_blocks(path: str, start: str = "", end: str = "") -> list[tuple[str, str]]:
    """Each block of code that says what it is: what stands behind its backticks, and its text.

    Those from the heading `start` up to the heading `end`, or of the whole page.
    """
    text = read(path)
    first = text.index(f"# {start}\n") if start else 0
    last = text.index(f"# {end}\n") if end else len(text)
    fence = re.compile(r"^```(\w[^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    return fence.findall(text[first:last])
