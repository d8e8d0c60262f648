"""Read the settings of this package, `settings.GATEHOUSE`, checked and typed, on each use.

`conf.grace_seconds` is GRACE_SECONDS as it is at that moment, so that `override_settings` works and
no value is captured at import. What was read is kept for as long as `settings.GATEHOUSE` is the
same dict, so a change of a setting needs another dict. An unknown name and a value of another type
are errors (gatehouse.E001), because a misspelt setting that is ignored can leave a protection off.
`override` runs the same code under other settings for the length of one context: a second issuer
with keys of its own beside the first, in one process.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import Field, dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

# Without "keep me signed in" a session is meant for one working day.
SHORT_IDLE_SECONDS = 12 * 3600
SHORT_ABSOLUTE_SECONDS = 24 * 3600

# How far two clocks may differ before a token that was just issued, or just expired, is refused.
LEEWAY_SECONDS = 5

# A step-up (password or identity provider) counts for this long.
STEP_UP_SECONDS = 300


def option(default: Any, meaning: str) -> Any:
    """Return a field of `Options`: what it is where nobody sets it, and its line in the docs."""
    return field(default_factory=lambda: default, metadata={"meaning": meaning})


# By identity, and without a repr: some values are secrets.
@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Options:
    """All settings of this package. GRACE_SECONDS in `settings.GATEHOUSE` is `grace_seconds`."""

    name: str = option("Gatehouse", "what mails and the administration call the service")
    issuer: str = option(
        "",
        "this server's own address, which is `iss` of every token: scheme, host in lower case, "
        "perhaps a port. Required, and never taken from a request",
    )
    audience: str = option("gatehouse-api", "`aud` of access tokens: the API")
    scopes: tuple[str, ...] | str = option(
        (),
        "what everybody's access tokens may do, or the dotted path of a function that is called "
        "with the user and returns it",
    )
    staff_scopes: tuple[str, ...] = option((), "what those of staff may do besides")
    user: str = option(
        "",
        "the dotted path of a function that is called with the user and returns what "
        "`/auth/session` tells the page of them, besides `id`",
    )
    access_seconds: int = option(300, "lifetime of an access token")
    idle_seconds: int = option(
        7 * 86400,
        'lifetime of a refresh token with "keep me signed in"; without it 12 hours, or this if '
        "it is less",
    )
    absolute_seconds: int = option(
        30 * 86400,
        'the hard end of a session with "keep me signed in"; without it 24 hours, or this if it '
        "is less",
    )
    grace_seconds: int = option(
        10, "the grace window: for so long a repeated refresh is answered, not punished"
    )
    revocation_poll_seconds: int = option(
        1, "how often each process reads the revocation feed; 0 asks the database on every request"
    )
    api_clients: bool = option(True, "whether programs may sign in at `/auth/token`")
    trusted_proxies: tuple[str, ...] = option(
        (),
        "addresses or networks of the proxies whose forwarding headers count, and `unix` for one "
        "that calls through a unix socket; never nearly everybody",
    )
    signing_keys: str = option("", "the private JWK Set itself, in place of `SIGNING_KEYS_FILE`")
    signing_keys_file: Path = option(
        Path("signing-keys.json"),
        "the file of the private JWK Set; running servers notice when it changes",
    )
    second_factor: str = option(
        "optional",
        "who must have a second factor: `optional`, `staff` or `everyone`. Whoever must have one "
        "and has none can do nothing but set one up. Needs the part `factors`",
    )
    cookie_mark: str = option(
        "", "stands in the names of the token cookies, for a second issuer on the same host"
    )
    hashing_places: int = option(
        6,
        "how many sign-ins of a process may hash a password or wait for it; fewer than the threads "
        "of a server process, or a flood of sign-ins takes them all",
    )
    data_dir: Path = option(
        Path(),
        "a folder that every process of this machine can write: there they tell each other of "
        "revocations",
    )
    exports: dict[str, str] = option(
        {},
        "parts of a person's data export that other apps add: name to the dotted path of a "
        "function, which is called with the user",
    )
    home: str = option(
        "/notes", "the page after a sign-in through the identity provider that named none"
    )
    mail: bool = option(
        True, "whether this server can send mail. Without it nobody can register or reset"
    )
    explain_csrf: bool = option(
        False,
        "whether a refusal says which layer of the CSRF defence failed, as it does with `DEBUG`",
    )
    oidc_issuer: str = option(
        "",
        "an OpenID Connect provider to sign in through; register `/auth/oidc/callback` below this "
        "server's address with it",
    )
    oidc_client_id: str = option("", "our client id there")
    oidc_client_secret: str = option("", "our client secret there")
    oidc_name: str = option("your organisation", "what people call it, on its button")
    oidc_trust_email: bool = option(
        False,
        "whether an address counts as verified where the provider does not say. Set it only if "
        "nobody can choose the address that the provider tells: whoever could would get an "
        "account under another's address",
    )

    @property
    def refresh_audience(self) -> str:
        """`aud` of refresh tokens: the refresh endpoint, so that neither passes as the other."""
        return f"{self.issuer}/auth/refresh"

    @property
    def longest_access_seconds(self) -> int:
        """Return for how long the revocation feed, which `override` does not change, looks back."""
        return max(self.access_seconds, without_override().access_seconds)

    @cached_property
    def revocation_counter(self) -> Path:
        """Return the file whose length counts the revocations on this machine."""
        return self.data_dir / "revocations"  # asked for on each request, and slow to put together

    def lifetimes(self, remember: bool) -> tuple[int, int]:
        """Return the idle and the absolute lifetime of a session, in seconds."""
        idle, absolute = self.idle_seconds, self.absolute_seconds
        if remember:
            return idle, absolute
        return min(idle, SHORT_IDLE_SECONDS), min(absolute, SHORT_ABSOLUTE_SECONDS)


OPTIONS: dict[str, Field[Any]] = {one.name.upper(): one for one in fields(Options)}
DEFAULTS = Options()


def _are_texts(values: Iterable[object]) -> bool:
    return all(isinstance(value, str) for value in values)


# For each type of an option: how people call it, and whether a value can be taken for one.
TYPES: dict[Any, tuple[str, Callable[[Any], bool]]] = {
    str: ("text", lambda value: isinstance(value, str)),
    int: ("a whole number", lambda value: isinstance(value, int) and not isinstance(value, bool)),
    bool: ("True or False", lambda value: isinstance(value, bool)),
    Path: ("a path", lambda value: isinstance(value, str | os.PathLike)),
    tuple[str, ...]: (
        "a list of texts",
        lambda value: isinstance(value, list | tuple) and _are_texts(value),
    ),
    tuple[str, ...] | str: (
        "a list of texts, or a text",
        lambda value: isinstance(value, list | tuple | str) and _are_texts(value),
    ),
    dict[str, str]: (
        "a dict of texts",
        lambda value: isinstance(value, dict) and _are_texts([*value, *value.values()]),
    ),
}


def _frozen(value: Any) -> Any:
    """Return a list as a tuple and a dict as a copy, so that nobody changes it under the reader."""
    if isinstance(value, list):
        return tuple(value)
    return dict(value) if isinstance(value, dict) else value


def read(given: Mapping[str, Any]) -> Options:
    """Return the options that a dict like `settings.GATEHOUSE` stands for.

    Raise ImproperlyConfigured, naming each that does not exist or has another type. No value is
    shown: it may be a secret.
    """
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for name, value in given.items():
        if name not in OPTIONS:
            wrong.append(f"GATEHOUSE has no setting {name}.")
            continue
        kind: Any = OPTIONS[name].type
        words, fits = TYPES[kind]
        if fits(value):
            values[name.lower()] = Path(value) if kind is Path else _frozen(value)
        else:
            wrong.append(f"{name} must be {words}, not {type(value).__name__}.")
    if wrong:
        raise ImproperlyConfigured(" ".join(wrong))
    return Options(**values)


_NOTHING: dict[str, Any] = {}
# The dict that was read last, and what it stands for.
_known: tuple[object, Options] = (_NOTHING, DEFAULTS)


def without_override() -> Options:
    """Return the options of `settings.GATEHOUSE`. Raise ImproperlyConfigured as `read` does."""
    global _known
    given = getattr(settings, "GATEHOUSE", _NOTHING)
    known, options = _known
    if given is not known:
        options = read(given)
        _known = (given, options)
    return options


# A context variable: neither another thread nor the next request in this one sees it.
_overriding: ContextVar[Options | None] = ContextVar("gatehouse_options", default=None)


@contextmanager
def override(changes: Mapping[str, Any]) -> Iterator[None]:
    """Read these settings in place of the usual ones of the same names, until the context ends.

    Raise ImproperlyConfigured as `read` does.
    """
    token = _overriding.set(read({**getattr(settings, "GATEHOUSE", _NOTHING), **changes}))
    try:
        yield
    finally:
        _overriding.reset(token)


def in_force() -> Options:
    """Return the options that count here and now."""
    return _overriding.get() or without_override()


class Conf:
    """Stands for the options in force: each attribute is read from them anew."""

    def __getattribute__(self, name: str) -> Any:
        return getattr(in_force(), name)


conf = cast(Options, Conf())
