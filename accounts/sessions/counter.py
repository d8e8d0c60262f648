"""The revocation counter: a file that one revocation on this machine makes one byte longer.

Serves step 7, for `sessions.revocation`. Each request asks for its length, so that has to cost
next to nothing: the file stays open, and no path is walked. `revisit`, at each reading of the
feed, finds out when the path has come to name another file.
"""

import os
import threading

from ..conf import conf
from ..errors import Unavailable

_descriptor: int | None = None
_lock = threading.Lock()


def length() -> int:
    """How many revocations this machine has seen. Unavailable if that cannot be known."""
    return os.lseek(revisit() if _descriptor is None else _descriptor, 0, os.SEEK_END)


def revisit() -> int:
    """Open the file; again, if it was put back meanwhile. The descriptor stays the same."""
    global _descriptor
    try:
        fresh = os.open(conf.revocation_counter, os.O_RDONLY | os.O_CREAT, 0o644)
    except OSError as error:
        raise Unavailable("the revocation counter cannot be opened") from error
    with _lock:
        if _descriptor is None:
            _descriptor = fresh
            return fresh
        # In place: a thread that reads meanwhile meets the old file or the new one, no closed one.
        os.dup2(fresh, _descriptor, inheritable=False)
    os.close(fresh)
    return _descriptor


def bump() -> None:
    """One byte more, or Unavailable. Appending is atomic: no two processes lose one's byte."""
    try:
        with open(conf.revocation_counter, "ab", buffering=0) as file:
            file.write(b".")
    except OSError as error:
        raise Unavailable("the revocation counter cannot be written") from error
