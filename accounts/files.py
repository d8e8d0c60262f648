"""Write files with secrets whole or not at all, for their owner alone, one process at a time."""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def replace(path: Path, text: str) -> None:
    """Write the file, over the one that is there. Raise OSError if that fails."""
    with draft(path, text) as written:
        written.replace(path)


def make(path: Path, text: str) -> None:
    """Write the file unless there is one already. Raise OSError if that fails."""
    with draft(path, text) as written:
        try:
            os.link(written, path)
        except FileExistsError:
            pass
        except OSError:  # a file system without hard links, which tell it by several numbers
            with alone(path):
                if not os.path.lexists(path):
                    written.replace(path)


@contextmanager
def draft(path: Path, text: str) -> Iterator[Path]:
    """Write the text beside the file, under a name that is gone after the block."""
    found = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        descriptor = os.open(found, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            _keep_owner(file.fileno(), path)
            file.flush()
            os.fsync(file.fileno())
        yield found
    finally:
        found.unlink(missing_ok=True)


def _keep_owner(descriptor: int, path: Path) -> None:
    """Keep the file's owner, so that root can rotate keys that belong to a service's own user."""
    with suppress(OSError):  # no file yet, another user's, or a file system without owners
        before = path.stat()
        os.fchown(descriptor, before.st_uid, before.st_gid)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Let one process at a time change the file. The others wait here."""
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
