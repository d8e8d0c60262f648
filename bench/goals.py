"""What each part of the bench has to show: a line with its target, and whether it is met."""

from typing import Any


def at_most(what: str, found: float, most: float) -> dict[str, Any]:
    return {"what": what, "target": f"≤ {most:g}", "found": f"{found:.4g}", "met": found <= most}


def at_least(what: str, found: float, least: float) -> dict[str, Any]:
    return {"what": what, "target": f"≥ {least:g}", "found": f"{found:.4g}", "met": found >= least}


def cells(goal: dict[str, Any]) -> list[str]:
    """Return the goal as a row of a table."""
    return [goal["what"], goal["target"], goal["found"], "met" if goal["met"] else "**not met**"]
