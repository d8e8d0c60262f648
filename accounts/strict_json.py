r"""Read JSON from outside as RFC 8259 has it: in UTF-8, without NaN, with a fixed limit of depth.

Half a character (a lone surrogate, as in "\ud800") is refused. No column and no header holds one.
`json.loads` would guess other encodings too. Python's own limit of depth differs by version. With a
fixed one the same input is refused everywhere.
"""

import json
from typing import Any, NoReturn

DEEPEST = 32


class NoObject(ValueError):  # noqa: N818  (it names what the text is)
    """Raised for bytes that say no JSON object. Its message says why."""


def read_object(data: bytes, what: str, decoder: json.JSONDecoder) -> dict[str, Any]:
    """Return the object that the bytes say. Raise NoObject, which calls them `what`."""
    try:
        text = data.decode("utf-8")
        found = decoder.decode(text)
    except NoObject:
        raise
    except RecursionError as error:
        raise NoObject(f"the {what} is nested too deeply") from error
    except ValueError as error:
        raise NoObject(f"the {what} is not JSON in UTF-8") from error
    if too_deep(found):
        raise NoObject(f"the {what} is nested too deeply")
    if not isinstance(found, dict):
        raise NoObject(f"the {what} is not an object")
    if "\\u" in text and has_half_a_character(found):
        raise NoObject(f"the {what} has half a character (a surrogate)")
    return found


def has_half_a_character(found: object) -> bool:
    """Return whether a text in it, or a name, cannot be written in UTF-8."""
    try:
        json.dumps(found, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


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


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NoObject("a member name stands twice")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise NoObject(f"{name} is not JSON")


# Of two members of one name, the first reader takes the last. The second refuses them.
PLAIN = json.JSONDecoder(parse_constant=_refuse_constant)
NAMES_ONCE = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)
