"""Write files with secrets whole or not at all, for their owner alone, one process at a time."""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def replace(path: Path, text: str) -> None:
    """Write the file, over the one that is there. Raise OSError if that fails."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            # Keep the file's owner, so that root can rotate keys of a service's own user. There may
            # be no file yet, or a file system without owners.
            with suppress(OSError):
                before = path.stat()
                os.fchown(descriptor, before.st_uid, before.st_gid)
            file.flush()
            os.fsync(descriptor)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def make(path: Path, text: str) -> None:
    """Write the file unless there is one already. Raise OSError if that fails."""
    if path.exists():
        return  # nobody has to wait for the lock, or be able to
    with alone(path):
        if not os.path.lexists(path):
            replace(path, text)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Let one process at a time change the file. The others wait here."""
    # Opened to read, so that another user's lock does too.
    lock = os.open(path.with_name(f"{path.name}.lock"), os.O_RDONLY | os.O_CREAT, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
