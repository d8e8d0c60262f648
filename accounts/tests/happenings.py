"""What the core tells by its signal, kept as a list: no part that writes it down is needed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..signals import happened


class Happenings(list[dict[str, Any]]):
    """Each thing that happened, oldest first, as `signals.tell` was given it."""

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Return those of this kind."""
        return [one for one in self if one["kind"] == kind]


@contextmanager
def listening() -> Iterator[Happenings]:
    """Collect what happens until the context ends, in whichever thread."""
    found = Happenings()

    def note(sender: Any, signal: Any, **told: Any) -> None:
        found.append(told)

    happened.connect(note)
    try:
        yield found
    finally:
        happened.disconnect(note)
