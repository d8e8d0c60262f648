"""Keep each worker of the server to a core of its own.

The threads of one Python process take turns, on whichever cores are free. Each turn then finds the
interpreter's memory in another core's cache, which costs more than the turn gains.
"""

import fcntl
import os
from contextlib import suppress
from pathlib import Path


def keep_to_one(folder: Path, workers: int, system: Path = Path("/")) -> None:
    """Keep this process to the first usable core whose lock in the folder nobody holds.

    The lock is held until the process ends, so a worker that replaces another takes its core.
    Nothing happens where each worker cannot have a core: there are fewer cores than workers, or the
    time on them is limited. Nor does it where the system has no such thing, or forbids it.
    """
    usable = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    if len(usable) < workers or has_quota(system):
        return
    for core in sorted(usable):
        lock = os.open(folder / f"core-{core}", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)  # another worker's
            continue
        with suppress(OSError):  # forbidden here: a container's or systemd's filter
            os.sched_setaffinity(0, {core})
        return


def has_quota(system: Path) -> bool:
    """Return whether a control group around this process limits its time (cgroups 1 and 2)."""
    try:
        groups = (system / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return False
    for line in groups:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            folder, name = system / "sys/fs/cgroup", "cpu.max"
        elif "cpu" in controllers.split(","):
            folder, name = system / "sys/fs/cgroup/cpu", "cpu.cfs_quota_us"
        else:
            continue
        group = Path(path.strip("/"))
        for limit in (folder / one / name for one in (group, *group.parents)):
            if limit.is_file() and not limit.read_text().startswith(("max", "-1")):
                return True
    return False
