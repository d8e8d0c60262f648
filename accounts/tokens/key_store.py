"""Keep the ring of signing keys in a file or a setting, and read it again when it changes.

The ring is a private JWK Set (RFC 7517). `kid` is the key's thumbprint
(RFC 7638), `alg` is fixed for each key and never taken from a token (RFC 8725 section 3.1), and
the private member `gatehouse_status` is `next` (verifies, does not sign yet), `active` (exactly
one) or `retired` (verifies until the last token signed with it has expired).
"""

import logging
import threading
import time
from pathlib import Path
from typing import Any, cast

from django.core.exceptions import ImproperlyConfigured

from .. import files
from ..conf import Values, conf, in_force
from .keys import Ring, new_key

log = logging.getLogger("gatehouse")

# A changed key file is noticed within this time. Operators may count on 5 seconds.
CHECK_SECONDS = 1.0


class Source:
    """The ring of this process, read again when the file behind it changes."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.current: Ring | None = None
        self.seen: object = None
        self.complaint = ""
        self.checked_at = 0.0

    def ring(self) -> Ring:
        """Return the ring, at most `CHECK_SECONDS` old.

        Raise ImproperlyConfigured if there is none.
        """
        now = time.monotonic()
        if self.current is None or now - self.checked_at >= CHECK_SECONDS:
            with self.lock:
                self._look()
                self.checked_at = now
        return cast(Ring, self.current)

    def _look(self) -> None:
        """Read the keys if they changed. Keep the ring we have if that fails."""
        try:
            self._read()
            self.complaint = ""
        except ImproperlyConfigured as error:
            if self.current is None:
                raise
            if str(error) != self.complaint:  # once, not each second
                log.error("%s The keys read before stay in force.", error)
            self.complaint = str(error)

    def _read(self) -> None:
        text = conf.signing_keys
        path = conf.signing_keys_file
        seen: object = text or _stamp(path)
        if seen == self.seen:
            return
        try:
            self.current = Ring.parse(text or path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise ImproperlyConfigured(f"The signing keys cannot be read: {error!r}.") from None
        self.seen = seen


def _stamp(path: Path) -> tuple[str, int, int, int]:
    try:
        found = path.stat()
    except OSError as error:
        raise ImproperlyConfigured(
            f"The signing keys cannot be read: {error}. create_signing_keys makes the first."
        ) from None
    return (str(path), found.st_ino, found.st_mtime_ns, found.st_size)


def write(ring: Ring, path: Path) -> None:
    """Write the ring into a file that only its owner can read. Raise OSError if that fails."""
    files.replace(path, ring.dump())


def create(path: Path) -> None:
    """Write a ring with one new key, unless the file is there. Raise OSError if that fails."""
    files.make(path, Ring([new_key("active")]).dump())


# The settings that a ring stands for. Issuer and audience are among them, because the cache of
# verified tokens remembers only which ring verified one (tokens.signing).
SETTINGS = ("ISSUER", "AUDIENCE", "SIGNING_KEYS", "SIGNING_KEYS_FILE")

# By the values of these settings, None where nobody sets one.
sources: dict[tuple[Any, ...], Source] = {}

# The settings that were in force last, and their source: each request asks.
_last: tuple[Values | None, Source] = (None, Source())


def ring() -> Ring:
    """Return the ring of the settings in force."""
    global _last
    values = in_force()
    known, source = _last
    if known is not values:
        source = sources.setdefault(tuple(map(values.get, SETTINGS)), Source())
        _last = (values, source)
    return source.ring()


def reset() -> None:
    """Forget the keys, as a new process would."""
    global _last
    sources.clear()
    _last = (None, Source())
