"""Template tags of the lab: live source, links to standards, the other hosts' addresses."""

from typing import Any

from django import template

from lab import sources
from lab.standards import standard as find_standard

register = template.Library()


@register.inclusion_tag("lab/source.html")
def source(name: str, mark: str = "") -> dict[str, Any]:
    """The code of an allowed name, with file and line; lines that contain `mark` stand out."""
    found = sources.find(name)
    lines = [(number, text, bool(mark) and mark in text) for number, text in found.numbered()]
    if mark and not any(marked for _, _, marked in lines):
        raise LookupError(f"{name} has no line with {mark!r}")
    return {"source": found, "lines": lines}


@register.inclusion_tag("lab/standard.html")
def standard(name: str, section: str = "") -> dict[str, Any]:
    """A link to a standard, where it has a section to that section."""
    return {"standard": find_standard(name, section)}
