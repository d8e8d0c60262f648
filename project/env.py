"""Read environment variables by type. Each reader raises ImproperlyConfigured with the name.

Only those listed in `project.variables` can be read, which has their defaults too. Every secret
also reads from `NAME_FILE`, so that it need not stand in the process environment.
"""

import difflib
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from accounts import files
from project import variables

# Browsers keep no cookie for more than 400 days (Max-Age in RFC 6265bis). Nothing else counted here
# is larger, and dates stay far from the end of the calendar.
MOST = 400 * 86400


def text(name: str) -> str:
    """Return the variable, without white space around it. Raise KeyError if it is not listed."""
    return os.environ.get(name, variables.default(name)).strip()


def refuse_unknown() -> None:
    """Raise ImproperlyConfigured for names that nothing reads.

    A misspelt one would change nothing.
    """
    unknown = []
    for name in sorted(os.environ):
        if name.startswith("GATEHOUSE_") and not variables.is_known(name):
            near = difflib.get_close_matches(name, variables.VARIABLES, n=1, cutoff=0.8)
            unknown.append(f"{name} is unknown{f'; did you mean {near[0]}?' if near else '.'}")
    if unknown:
        raise ImproperlyConfigured("\n".join(unknown))


def number(name: str, least: int = 0) -> int:
    """Return the variable as a whole number from `least` to `MOST`."""
    raw = text(name)
    try:
        value = int(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {raw!r}.") from None
    if value < least:
        raise ImproperlyConfigured(f"{name} must be at least {least}, not {value}.")
    if value > MOST:
        raise ImproperlyConfigured(f"{name} must be at most {MOST}, not {value}.")
    return value


def flag(name: str) -> bool:
    """Return whether the variable is 1. It may be 0 otherwise."""
    raw = text(name)
    if raw not in {"0", "1"}:
        raise ImproperlyConfigured(f"{name} must be 1 or 0, not {raw!r}.")
    return raw == "1"


def names(name: str) -> list[str]:
    """Return the variable as a list, split at commas, without empty parts."""
    return [part.strip() for part in text(name).split(",") if part.strip()]


def hosts(name: str) -> list[str]:
    """Return the variable as a list of hosts, in lower case as Django reads a request's."""
    return [host.lower() for host in names(name)]


def folder(name: str, base: Path) -> Path:
    """Return the variable as a folder that this process can write. Make it if it is missing."""
    path = (base / text(name)).resolve()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"{name} cannot be made: {error}.") from None
    if not os.access(path, os.W_OK | os.X_OK):
        raise ImproperlyConfigured(f"{name} must be a folder that can be written, not {path}.")
    return path


def secret(name: str) -> str:
    """Return the variable, or what stands in the file that `NAME_FILE` names.

    Return an empty text if neither is set.
    """
    path = text(f"{name}_FILE")
    if not path:
        return text(name)
    alone(name)
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE cannot be read: {error}.") from None


def alone(name: str) -> str:
    """Return the variable. Raise ImproperlyConfigured if its file is set too.

    One of the two would be ignored.
    """
    if text(name) and text(f"{name}_FILE"):
        raise ImproperlyConfigured(f"Set {name} or {name}_FILE, not both.")
    return text(name)


def options() -> dict[str, Any]:
    """Return the settings of `accounts` that variables set, by their names in `GATEHOUSE`."""
    readers: dict[Any, Callable[[str], Any]] = {
        str: _text_or_default,
        int: number,
        bool: flag,
        tuple: names,
    }
    return {
        name.removeprefix("GATEHOUSE_"): readers[variable.kind](name)
        for name, variable in variables.VARIABLES.items()
        if variable.kind
    }


def _text_or_default(name: str) -> str:
    read = secret if variables.VARIABLES[name].secret else text
    return read(name) or variables.default(name)


def require(**values: object) -> None:
    """Raise ImproperlyConfigured, naming every variable that is required and not set."""
    missing = [name for name, value in values.items() if not value]
    if missing:
        raise ImproperlyConfigured(f"Required in production: {', '.join(missing)}.")


def kept_secret(path: Path) -> str:
    """Return a random secret, made on first use and kept in a file that only its owner can read."""
    files.make(path, secrets.token_urlsafe(50))
    return path.read_text(encoding="ascii").strip()
