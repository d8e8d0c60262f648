"""Records which functions of ours run in a request, how long each takes, and how it ends.

The lab wraps the functions from outside when Django starts (lab.apps). Nothing in `accounts`
knows of it. A watcher is set for one context (a request). It is told after a function returns or
raises, and cannot change what happens.
What a watcher is told holds secrets, as the functions' arguments do. Redaction is its duty.
"""

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from types import ModuleType
from typing import Any, ParamSpec, TypeVar

from lab import sources

log = logging.getLogger("lab")

P = ParamSpec("P")
R = TypeVar("R")

NAMES = (
    "accounts.web.authentication.authenticate_token",
    "accounts.tokens.claims.check_types",
    "accounts.tokens.claims.check_values",
    "accounts.web.cookies.set_tokens",
    "accounts.credentials.verification.verify",
    "accounts.web.csrf.check",
    "accounts.sessions.judgement.judge",
    "accounts.sessions.revocation.check",
    "accounts.sessions.session.confirm",
    "accounts.sessions.rotation.rotate",
    "accounts.sessions.session.start",
    "accounts.tokens.jws.parse",
    "accounts.credentials.budgets.spend",
    "accounts.tokens.signing.RingBackend.check_signature",
    "accounts.tokens.signing.RingBackend.decode",
    "accounts.tokens.signing.RingBackend.key_for",
    "accounts.tokens.signing.issue",
    "accounts.tokens.signing.verify_access",
)

# Of a part that can be left out: what asks who presents a bound session's tokens.
BOUND = ("accounts.binding.companion.require", "accounts.binding.step_up.require")

OURS = ("accounts.", "api.", "project.")

# Stands on a function that is wrapped.
MARK = "watched_by_the_lab"


@dataclass(frozen=True)
class Call:
    """One call that has ended. `began` is this process's monotonic clock, in seconds."""

    name: str
    began: float
    seconds: float
    arguments: tuple[Any, ...] = field(repr=False)
    result: Any = field(repr=False, default=None)
    error: Exception | None = None


_watcher: ContextVar[Callable[[Call], None] | None] = ContextVar("lab_watcher", default=None)


@contextmanager
def watch(watcher: Callable[[Call], None]) -> Iterator[None]:
    """Tell `watcher` of every call of a wrapped function until the context ends."""
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)


def install(names: tuple[str, ...] = NAMES) -> None:
    """Wrap the functions of these names, once. Raise LookupError for a name that is gone.

    Modules that have imported a function by its name get the wrapped one too.
    """
    for dotted in names:
        path, _, name = dotted.rpartition(".")
        try:
            owner = sources.resolve(path)
            function = getattr(owner, name)
        except AttributeError as error:
            raise LookupError(f"The lab watches {dotted}, which does not exist.") from error
        if hasattr(function, MARK):
            continue  # Django may make its apps ready again
        watched = wrapped(function, dotted)
        setattr(watched, MARK, True)
        for holder in (owner, *modules()):
            if vars(holder).get(name) is function:
                setattr(holder, name, watched)


def modules() -> list[ModuleType]:
    """Return the modules of this project that have been imported."""
    return [module for path, module in sys.modules.items() if path.startswith(OURS)]


def wrapped(function: Callable[P, R], name: str) -> Callable[P, R]:
    """Return the function so that each call of it is told to the watcher, if there is one."""

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
