"""Lets somebody watch a request from inside: which of our functions ran, how long, to what end.

For teaching and tracing alone. A watcher is put up for one context (a request), is told after a
function returns or raises, and cannot change what happens: nothing in this package knows whether
it is watched. Without a watcher a call costs one look at a context variable.
What a watcher is told holds secrets, as the functions' arguments do; redaction is its duty.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, ParamSpec, TypeVar

log = logging.getLogger("accounts")

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Call:
    """One call that has ended. `began` is this process's monotonic clock, in seconds."""

    name: str
    began: float
    seconds: float
    arguments: tuple[Any, ...] = field(repr=False)
    result: Any = field(repr=False, default=None)
    error: Exception | None = None


_watcher: ContextVar[Callable[[Call], None] | None] = ContextVar("accounts_watcher", default=None)


@contextmanager
def watch(watcher: Callable[[Call], None]) -> Iterator[None]:
    """Tell `watcher` of every call of a watched function until the context ends."""
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)


def watched(function: Callable[P, R]) -> Callable[P, R]:
    """Marks a function as worth watching."""
    name = f"{function.__module__}.{function.__qualname__}"

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        watcher = _watcher.get()
        if watcher is None:
            return function(*args, **kwargs)
        began = time.perf_counter()
        try:
            result = function(*args, **kwargs)
        except Exception as error:
            _tell(watcher, Call(name, began, time.perf_counter() - began, args, None, error))
            raise
        _tell(watcher, Call(name, began, time.perf_counter() - began, args, result))
        return result

    return call


def _tell(watcher: Callable[[Call], None], call: Call) -> None:
    try:
        watcher(call)
    except Exception:  # a watcher must not break what it watches
        log.exception("a watcher failed")
