"""Write the little Markdown that the generated pages of docs/ are made of."""

from collections.abc import Iterable, Sequence


def page(title: str, source: str, *parts: str) -> str:
    """Return a whole file: its heading, where it comes from, and its parts, a blank line apart."""
    made = f"<!-- Made by `./run docs` from {source}. Change it there. -->"
    return "\n\n".join([f"# {title}", made, *parts]) + "\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table. Escape what would end a cell or a row inside one."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(map(cell, line))} |" for line in lines)


def cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def code(text: str) -> str:
    return f"`{text}`" if text else ""
