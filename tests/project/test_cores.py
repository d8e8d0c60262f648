"""Each worker of the server keeps to a core of its own, or to none."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from project import cores
from tests.project import test_startup
from tests.servers import ROOT

production = test_startup.production

# What a worker does before it serves. Then it waits, for its lock ends with it.
WORKER = """
import os, sys
from pathlib import Path
from project import cores
cores.keep_to_one(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
print(*os.sched_getaffinity(0), flush=True)
sys.stdin.read()
"""
CORES = os.sched_getaffinity(0)

Worker = Callable[..., tuple["subprocess.Popen[str]", set[int]]]


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    """Starts one: its process, and the cores that it may use."""
    with ExitStack() as stack:

        def start(workers: int = 1, limits: Path = tmp_path) -> tuple:
            command = [sys.executable, "-c", WORKER, tmp_path, str(workers), limits]
            process = stack.enter_context(
                subprocess.Popen(
                    command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
                )
            )
            stack.callback(process.kill)
            return process, set(map(int, process.stdout.readline().split()))

        yield start


def test_worker_takes_the_first_core_that_no_other_holds(worker: Worker) -> None:
    """Until each core has one; whoever comes then is free, and a replacement takes the place."""
    held = [worker() for _ in CORES]
    assert [found for _, found in held] == [{core} for core in sorted(CORES)]
    assert worker()[1] == CORES

    first = held[0][0]
    first.kill()
    first.wait()

    assert worker()[1] == {min(CORES)}


def test_workers_without_a_core_for_each_are_free(worker: Worker) -> None:
    """Two that must share a core had better share all."""
    assert worker(workers=len(CORES) + 1)[1] == CORES


@pytest.mark.parametrize(
    ("group", "file", "limit", "free"),
    [
        ("0::/", "cpu.max", "50000 100000", True),
        ("0::/", "cpu.max", "max 100000", False),
        ("0::/system.slice/gatehouse.service", "system.slice/cpu.max", "150000 100000", True),
        ("0::/system.slice/gatehouse.service", "other.slice/cpu.max", "150000 100000", False),
        ("3:cpuset:/x\n2:cpu,cpuacct:/docker/x", "cpu/docker/x/cpu.cfs_quota_us", "50000", True),
        ("3:cpuset:/x\n2:cpu,cpuacct:/docker/x", "cpu/docker/x/cpu.cfs_quota_us", "-1", False),
    ],
)
def test_worker_whose_time_is_limited_is_free(
    worker: Worker, tmp_path: Path, group: str, file: str, limit: str, free: bool
) -> None:
    """A container that may use half of the time of many cores: its own group, or one above."""
    for path, text in ((f"sys/fs/cgroup/{file}", limit), ("proc/self/cgroup", group)):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(f"{text}\n")

    assert worker()[1] == (CORES if free else {min(CORES)})


def test_system_without_such_a_call_is_left_alone(tmp_path: Path, monkeypatch) -> None:
    """macOS has none."""
    monkeypatch.delattr(os, "sched_getaffinity")

    cores.keep_to_one(tmp_path, 1)

    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("pin", ["1", "0"])
def test_server_process_keeps_to_a_core_unless_told_otherwise(
    production: dict[str, str], tmp_path: Path, pin: str
) -> None:
    """GATEHOUSE_PIN, before the server makes its threads."""
    question = "import project.wsgi, os; print(len(os.sched_getaffinity(0)))"
    environment = production | {"GATEHOUSE_WORKERS": "1", "GATEHOUSE_PIN": pin}

    done = test_startup.start(environment, "-c", question)

    alone = pin == "1" and not cores.has_quota(Path("/"))
    assert done.stdout.strip() == str(1 if alone else len(CORES)), done.stderr
