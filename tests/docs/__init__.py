"""The documentation says what is so: each claim that a machine can check is checked here."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.servers import ROOT

NOT_OURS = {".venv", "var", "node_modules", "test-results", ".git"}
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def pages() -> list[str]:
    """Every Markdown file of the project, by its path from the top."""
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*.md"))
    return sorted(str(path) for path in found if not NOT_OURS & set(path.parts))


def read(path: str | Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def prose(path: str) -> str:
    """The page without its blocks of code."""
    return FENCE.sub("", read(path))


def blocks(path: str, *languages: str) -> Iterator[str]:
    """The blocks of code in these languages; "" is a block that names none."""
    for language, text in FENCE.findall(read(path)):
        if language in languages:
            yield text
