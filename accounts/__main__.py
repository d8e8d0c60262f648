"""Show what a copy of this package has changed: `python -m gatehouse diff PATH`."""

import difflib
import sys
from collections.abc import Iterator
from pathlib import Path

from . import VERSION

RELEASE = Path(__file__).resolve().parent
USAGE = """python -m gatehouse diff PATH    what the copy at PATH has changed
python -m gatehouse version      the number of this release"""


def main(arguments: list[str]) -> int:
    """Do what the arguments say. Return 0, or 1 where a copy differs, or 2 for a wrong call."""
    match arguments:
        case ["version"]:
            print(VERSION)
            return 0
        case ["diff", path]:
            return compare(Path(path))
    print(USAGE, file=sys.stderr)
    return 2


def compare(copy: Path) -> int:
    """Print how the copy differs from this release. Return 1 if it does, 2 if it is no copy."""
    theirs = files(copy)
    if Path("tokens/__init__.py") not in theirs:
        print(f"There is no copy of gatehouse at {copy}: name its folder.", file=sys.stderr)
        return 2
    ours = files(RELEASE)
    differs = False
    for name in sorted(ours | theirs):
        for line in changes(name, copy):
            differs = True
            print(line)
    return int(differs)


def files(folder: Path) -> set[Path]:
    """Return the path of each file in the folder, from there. Caches and the licence are none."""
    found = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    return {
        name
        for name in found - {Path("LICENSE")}
        if not any(part.startswith(".") or part == "__pycache__" for part in name.parts)
    }


def changes(name: Path, copy: Path) -> Iterator[str]:
    """Yield the lines of a unified diff from the file in this release to the one in the copy."""
    before, after = lines(RELEASE / name), lines(copy / name)
    yield from difflib.unified_diff(
        before, after, f"gatehouse-{VERSION}/{name}", str(copy / name), lineterm=""
    )


def lines(path: Path) -> list[str]:
    """Return the lines of a file, however they end. A file that is not there has none."""
    if not path.is_file():
        return []
    # Bytes that are no text are shown as they are written in Python.
    return path.read_text(encoding="utf-8", errors="backslashreplace").split("\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
