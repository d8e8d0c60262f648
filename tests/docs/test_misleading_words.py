"""The words of the house: the standards' own, in code, pages and documentation alike."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from tests.docs import NOT_OURS
from tests.servers import ROOT

KINDS = {".py", ".js", ".mjs", ".css", ".html", ".md", ".toml", ".svg", ""}

# A JWT is a token already; a list of what is refused is a denylist, and only simplejwt's own names
# for its app, settings and classes may say otherwise; what is signed is not encrypted.
UNWANTED = [
    re.compile(r"\bJWT tokens?\b", re.IGNORECASE),
    re.compile(r"^(?!.*simplejwt).*\bblack-?list(s|ed|ing)?\b", re.IGNORECASE | re.MULTILINE),
    re.compile(r"\bwhite-?list", re.IGNORECASE),
    re.compile(r"\bencrypted (access |refresh )?tokens?\b", re.IGNORECASE),
    re.compile(r"\bHTTPOnly\b|\bhttp-only\b|\bHttp-Only\b"),
]


def test_no_file_uses_a_word_that_misleads() -> None:
    """Whoever looks one up in a standard finds it."""
    found = {str(path.relative_to(ROOT)): unwanted(path.read_text("utf-8")) for path in files()}

    assert len(found) > 200
    assert {path: words for path, words in found.items() if words} == {}


def unwanted(text: str) -> list[str]:
    return [match[0] for pattern in UNWANTED for match in pattern.finditer(text)]


def files() -> Iterator[Path]:
    """What we wrote, but for this file and the lists of packages."""
    for folder, below, names in os.walk(ROOT):
        below[:] = [name for name in below if name not in NOT_OURS and name[0] not in "._"]
        for name in names:
            path = Path(folder, name)
            written = path.suffix in KINDS and not name.startswith(("requirements", "."))
            if written and path != Path(__file__):
                yield path
