"""JSON from outside, nested no deeper than anything of ours.

Python has a limit too, a higher one in each version: what is refused must not depend on it.
"""

import json
from typing import Any

DEEPEST = 32


class TooDeep(ValueError):  # noqa: N818  (it names what the text is)
    """Lists and objects stand in each other more than `DEEPEST` deep."""


def decode(text: str, decoder: json.JSONDecoder) -> Any:
    """What the text says; ValueError if it is no JSON, TooDeep if it is nested too deeply."""
    try:
        found = decoder.decode(text)
    except RecursionError as error:
        raise TooDeep from error
    if too_deep(found):
        raise TooDeep
    return found


def too_deep(found: object) -> bool:
    """Whether lists and objects stand in each other more than `DEEPEST` deep."""
    level = [found]  # one level after the other: a function that calls itself would use the stack
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
