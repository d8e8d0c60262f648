"""Refuse numbers on the command line that make no sense, before anything is done."""

from argparse import ArgumentTypeError
from collections.abc import Callable


def between(least: int, most: int) -> Callable[[str], int]:
    """Return an argparse type: a whole number from `least` to `most`.

    It raises ArgumentTypeError for any other text.
    """

    def number(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if not least <= value <= most:
            raise ArgumentTypeError(f"must be a whole number from {least} to {most}, not {text}")
        return value

    return number
