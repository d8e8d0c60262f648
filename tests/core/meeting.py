"""Something that happens just before a statement of somebody else: a race that is always lost."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection


@contextmanager
def just_before(beginning: str, act: Callable[[], Any]) -> Iterator[None]:
    """Runs `act` once, before the first statement that begins so reaches the database."""
    waiting = [act]

    def execute(run: Any, sql: str, *rest: Any) -> Any:
        if waiting and sql.startswith(beginning):
            waiting.pop()()
        return run(sql, *rest)

    with connection.execute_wrapper(execute):
        yield
    assert not waiting, f"no statement began with {beginning}"
