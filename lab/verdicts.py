"""Two verdicts on the same bytes: a naive reader's, and that of the real code with its cause.

The answers of the real API are alike for every bad token. Here, for tokens that were made in the
lab and are good for nothing, the cause is read from the exception chain, and the line that stopped
the token from the traceback: neither is kept in a table, so neither can be out of date.
"""

import inspect
from contextlib import nullcontext
from pathlib import Path
from traceback import walk_tb
from types import CodeType, TracebackType
from typing import Any

from accounts import tokens
from accounts.conf import override
from accounts.errors import InvalidToken
from accounts.tokens import key_store
from lab import forge, instrument, vulnerable

ROOT = Path(__file__).resolve().parents[1]
ACCOUNTS = ROOT / "accounts"
# Stands between all watched functions and their callers, and guards nothing.
NOT_A_GUARD = Path(instrument.__file__).resolve()


def naive(token: str, reader: str) -> dict[str, Any]:
    """What the naive reader makes of the token, and its source."""
    read = vulnerable.READERS[reader]
    found: dict[str, Any] = {"reader": reader, "source": source_of(read.__code__)}
    try:
        said = read(token, key_store.ring().active.public, forge.pem())
        return {**found, "accepted": True, "subject": str(said.get("sub"))[:80], "cause": ""}
    except vulnerable.Refused as refusal:
        return {**found, "accepted": False, "subject": "", "cause": str(refusal)}
    except Exception as crash:
        # It has no error handling either; which exception it was is part of the lesson.
        return {**found, "accepted": False, "subject": "", "cause": f"crashed: {crash!r}"[:160]}


def ours(token: str, *, real_api: bool) -> dict[str, Any]:
    """What `accounts.tokens` makes of it: accepted, or the causes and the guarding line.

    `real_api`: under the app's own settings, while the lab's are in force.
    """
    with override({}) if real_api else nullcontext():
        try:
            claims = tokens.verify_access(token)
        except InvalidToken as refusal:
            return {
                "accepted": False,
                "subject": "",
                "chain": chain(refusal),
                "guard": guard(refusal),
            }
    return {"accepted": True, "subject": claims.sub[:80], "chain": [], "guard": None}


def links(error: BaseException) -> list[BaseException]:
    """The exception and its causes, from the outermost to the first that was raised."""
    found: list[BaseException] = [error]
    while (cause := found[-1].__cause__) is not None:
        found.append(cause)
    return found


def chain(error: BaseException) -> list[dict[str, str]]:
    """The same for a page."""
    return [
        {"type": f"{type(one).__module__.split('.')[0]}.{type(one).__name__}", "text": str(one)}
        for one in links(error)
    ]


def guard(error: BaseException) -> dict[str, Any] | None:
    """The function of ours nearest to where the first cause was raised, its line marked."""
    last: TracebackType | None = links(error)[-1].__traceback__
    found: tuple[CodeType, int] | None = None
    library = ""
    for frame, line in walk_tb(last):
        file = Path(frame.f_code.co_filename).resolve()
        if file.is_relative_to(ACCOUNTS):
            found, library = (frame.f_code, line), ""
        elif file != NOT_A_GUARD:
            library = f"{frame.f_globals.get('__name__', '')}.{frame.f_code.co_name}"
    if found is None:
        return None
    return {**source_of(*found), "library": library}


def source_of(code: CodeType, line: int = 0) -> dict[str, Any]:
    """The function's source with its place; the statement that `line` belongs to is marked."""
    lines, first = inspect.getsourcelines(code)
    last = max(
        (end for start, end, _, _ in code.co_positions() if start == line and end), default=line
    )
    return {
        "name": code.co_qualname if hasattr(code, "co_qualname") else code.co_name,
        "file": str(Path(code.co_filename).resolve().relative_to(ROOT)),
        "line": line,
        "lines": [
            {"number": number, "text": text.rstrip("\n"), "marked": line <= number <= last}
            for number, text in enumerate(lines, first)
        ],
    }
