"""Read the settings of this package, `settings.GATEHOUSE`, checked and typed, on each use.

`conf.grace_seconds` is GRACE_SECONDS as it is at that moment, so that `override_settings` works and
no value is captured at import. What was read is kept until Django says that the setting has
changed (`setting_changed`). An unknown name and a value of another type are errors
(gatehouse.E001), because a misspelt setting that is ignored can leave a protection off.
A part declares settings of its own in its `conf`. They are known while the part is installed.
`override` runs the same code under other settings for the length of one context: a second issuer
with keys of its own beside the first, in one process.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.dispatch import receiver

# Without "keep me signed in" a session is meant for one working day.
SHORT_IDLE_SECONDS = 12 * 3600
SHORT_ABSOLUTE_SECONDS = 24 * 3600

# How far two clocks may differ before a token that was just issued, or just expired, is refused.
LEEWAY_SECONDS = 5

# A step-up (password or identity provider) counts for this long.
STEP_UP_SECONDS = 300

T = TypeVar("T")

# Every setting by its name in `settings.GATEHOUSE`, those of the installed parts among them.
OPTIONS: dict[str, "Option[Any]"] = {}


class Option(Generic[T]):
    """Declare a setting as an attribute of a class, with its default and its line in the documents.

    GRACE_SECONDS in `settings.GATEHOUSE` is the attribute `grace_seconds`. `kind` is a key of
    TYPES, needed only if the type of the default is none.
    """

    def __init__(self, default: T, meaning: str, kind: Any = None) -> None:
        self.default = default
        self.meaning = meaning
        self.kind = kind or type(default)

    def __set_name__(self, owner: type, name: str) -> None:
        self.owner = owner
        self.name = name.upper()
        OPTIONS[self.name] = self

    def __get__(self, instance: object, owner: type) -> T:
        """Return the value in force here and now."""
        values = _overriding.get() or _usual  # as in `in_force`, which takes twice as long
        if not values:
            values = without_override()
        found: T = values.get(self.name, self.default)
        return found


class Conf:
    """Declare the settings of the core. A part derives a class from this one, with its own."""

    name = Option("Gatehouse", "what mails and the administration call the service")
    issuer = Option(
        "",
        "this server's own address, which is `iss` of every token: scheme, host in lower case, "
        "perhaps a port. Required, and never taken from a request",
    )
    audience = Option("gatehouse-api", "`aud` of access tokens: the API")
    scopes = Option[tuple[str, ...] | str](
        (),
        "what everybody's access tokens may do, or the dotted path of a function that is called "
        "with the user and returns it",
        tuple | str,
    )
    staff_scopes = Option[tuple[str, ...]]((), "what those of staff may do besides")
    user = Option(
        "",
        "the dotted path of a function that is called with the user and returns what "
        "`/auth/session` tells the page of them, besides `id`",
    )
    access_seconds = Option(300, "lifetime of an access token")
    idle_seconds = Option(
        7 * 86400,
        'lifetime of a refresh token with "keep me signed in"; without it 12 hours, or this if '
        "it is less",
    )
    absolute_seconds = Option(
        30 * 86400,
        'the hard end of a session with "keep me signed in"; without it 24 hours, or this if it '
        "is less",
    )
    grace_seconds = Option(
        10, "the grace window: for so long a repeated refresh is answered, not punished"
    )
    revocation_poll_seconds = Option(
        1, "how often each process reads the revocation feed; 0 asks the database on every request"
    )
    trusted_proxies = Option[tuple[str, ...]](
        (),
        "addresses or networks of the proxies whose forwarding headers count, and `unix` for one "
        "that calls through a unix socket; never nearly everybody",
    )
    signing_keys = Option("", "the private JWK Set itself, in place of `SIGNING_KEYS_FILE`")
    signing_keys_file = Option(
        Path("signing-keys.json"),
        "the file of the private JWK Set; running servers notice when it changes",
        Path,
    )
    second_factor = Option(
        "optional",
        "who must have a second factor: `optional`, `staff` or `everyone`. Whoever must have one "
        "and has none can do nothing but set one up. Needs the part `factors`",
    )
    require_binding = Option(
        False,
        "whether those of staff get `STAFF_SCOPES` and the administration only from browsers whose "
        "session is bound to the device. Needs the part `binding`",
    )
    cookie_mark = Option(
        "", "stands in the names of the token cookies, for a second issuer on the same host"
    )
    hashing_places = Option(
        6,
        "how many sign-ins of a process may hash a password or wait for it; fewer than the threads "
        "of a server process, or a flood of sign-ins takes them all",
    )
    data_dir = Option(
        Path(),
        "a folder that every process of this machine can write: there they tell each other of "
        "revocations",
        Path,
    )
    explain_csrf = Option(
        False,
        "whether a refusal says which layer of the CSRF defence failed, as it does with `DEBUG`",
    )

    @property
    def refresh_audience(self) -> str:
        """Return `aud` of refresh tokens, so that neither kind passes as the other."""
        return f"{self.issuer}/auth/refresh"

    @property
    def longest_access_seconds(self) -> int:
        """Return for how long the revocation feed, which `override` does not change, looks back."""
        usual: int = without_override().get("ACCESS_SECONDS", OPTIONS["ACCESS_SECONDS"].default)
        return max(self.access_seconds, usual)

    @property
    def revocation_counter(self) -> Path:
        """Return the file whose length counts the revocations on this machine."""
        return self.data_dir / "revocations"

    def lifetimes(self, remember: bool) -> tuple[int, int]:
        """Return the idle and the absolute lifetime of a session, in seconds."""
        idle, absolute = self.idle_seconds, self.absolute_seconds
        if remember:
            return idle, absolute
        return min(idle, SHORT_IDLE_SECONDS), min(absolute, SHORT_ABSOLUTE_SECONDS)


conf = Conf()


class Values(dict[str, Any]):
    """Hold values of settings by their names, and show none of them, since some are secrets."""

    __repr__ = object.__repr__


def _are_texts(values: Iterable[object]) -> bool:
    return all(isinstance(value, str) for value in values)


# For each kind of an option: how people call it, and whether a value can be taken for one.
TYPES: dict[Any, tuple[str, Callable[[Any], bool]]] = {
    str: ("text", lambda value: isinstance(value, str)),
    int: ("a whole number", lambda value: isinstance(value, int) and not isinstance(value, bool)),
    bool: ("True or False", lambda value: isinstance(value, bool)),
    Path: ("a path", lambda value: isinstance(value, str | os.PathLike)),
    tuple: (
        "a list of texts",
        lambda value: isinstance(value, list | tuple) and _are_texts(value),
    ),
    tuple | str: (
        "a list of texts, or a text",
        lambda value: isinstance(value, list | tuple | str) and _are_texts(value),
    ),
    dict: (
        "a dict of texts",
        lambda value: isinstance(value, dict) and _are_texts([*value, *value.values()]),
    ),
}


def _frozen(value: Any) -> Any:
    """Return a list as a tuple and a dict as a copy, so that nobody changes it under the reader."""
    if isinstance(value, list):
        return tuple(value)
    return dict(value) if isinstance(value, dict) else value


def read(given: Mapping[str, Any]) -> Values:
    """Return the values in a dict like `settings.GATEHOUSE`.

    Raise ImproperlyConfigured, naming each that does not exist or has another type. No value is
    shown: it may be a secret.
    """
    values = Values()
    wrong: list[str] = []
    for name, value in given.items():
        if name not in OPTIONS:
            wrong.append(f"GATEHOUSE has no setting {name}, or the part that has it is missing.")
            continue
        kind = OPTIONS[name].kind
        words, fits = TYPES[kind]
        if fits(value):
            values[name] = Path(value) if kind is Path else _frozen(value)
        else:
            wrong.append(f"{name} must be {words}, not {type(value).__name__}.")
    if wrong:
        raise ImproperlyConfigured(" ".join(wrong))
    return values


# What `settings.GATEHOUSE` says, once it was read.
_usual: Values | None = None


def without_override() -> Values:
    """Return the values in `settings.GATEHOUSE`. Raise ImproperlyConfigured as `read` does."""
    global _usual
    values = _usual
    if values is None:
        _usual = values = read(getattr(settings, "GATEHOUSE", {}))
    return values


@receiver(setting_changed)
def _read_again(*, setting: str, **kwargs: Any) -> None:
    """Forget the values when `override_settings` changes them."""
    global _usual
    if setting == "GATEHOUSE":
        _usual = None


# A context variable: neither another thread nor the next request in this one sees it.
_overriding: ContextVar[Values | None] = ContextVar("gatehouse_values", default=None)


@contextmanager
def override(changes: Mapping[str, Any]) -> Iterator[None]:
    """Read these settings in place of the usual ones of the same names, until the context ends.

    Raise ImproperlyConfigured as `read` does.
    """
    token = _overriding.set(read({**getattr(settings, "GATEHOUSE", {}), **changes}))
    try:
        yield
    finally:
        _overriding.reset(token)


def in_force() -> Values:
    """Return the values that count here and now: of the settings that have one."""
    overriding = _overriding.get()
    return without_override() if overriding is None else overriding
