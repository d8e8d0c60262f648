"""Read JSON from outside with a fixed limit of depth.

Python's own limit differs by version. With a fixed one the same input is refused everywhere.
"""

import json
from typing import Any

DEEPEST = 32


class TooDeep(ValueError):  # noqa: N818  (it names what the text is)
    """Lists and objects stand in each other more than `DEEPEST` deep."""


def decode(text: str, decoder: json.JSONDecoder) -> Any:
    """Return what the text says. Raise ValueError if it is no JSON, TooDeep if it is too deep."""
    try:
        found = decoder.decode(text)
    except RecursionError as error:
        raise TooDeep from error
    if too_deep(found):
        raise TooDeep
    return found


def too_deep(found: object) -> bool:
    """Return whether lists and objects stand in each other more than `DEEPEST` deep."""
    level = [found]  # level by level, since recursion would use the stack
    for _ in range(DEEPEST + 1):
        containers = [one for one in level if isinstance(one, (dict, list))]
        if not containers:
            return False
        level = [
            inner
            for one in containers
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
    return True
