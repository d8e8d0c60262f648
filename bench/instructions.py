"""Part `instructions`: what `/api/me` takes of the processor, counted by valgrind's callgrind.

A count is the same on each machine and at any load, so it shows what times cannot.
"""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from bench import amount, goals
from bench.paired import Block
from bench.refresh import table
from bench.workers import Worker

REQUESTS = amount(200, 20)
TARGETS = {"me": "`/api/me` by cookie", "me bearer": "by Bearer", "me open": "authentication off"}


def measure() -> dict[str, Any]:
    if not shutil.which("valgrind"):
        raise RuntimeError("There is no valgrind here: apt-get install valgrind")
    with tempfile.TemporaryDirectory(prefix="gatehouse-bench-") as folder:
        callgrind = ["valgrind", "--tool=callgrind", "--instr-atstart=no"]
        callgrind += [f"--callgrind-out-file={folder}/out", "--log-file=/dev/null"]
        # Valgrind is so slow that the feed would be read every few requests.
        slow = {"GATEHOUSE_REVOCATION_POLL_SECONDS": "10", "PYTHONHASHSEED": "0"}
        with Worker("own", under=callgrind, **slow) as worker:
            found = {target: count(worker, target, Path(folder)) for target in TARGETS}
    rows = [[TARGETS[target], f"{each / 1000:.0f}"] for target, each in found.items()]
    caption = f"Thousands of instructions a request, in process, of {REQUESTS}"
    return {
        "tables": [table(caption, ["", "instructions, k"], rows)],
        "goals": [goals.at_most("thousand instructions of `/api/me`", found["me"] / 1000, 1000)],
    }


def count(worker: Worker, target: str, folder: Path) -> float:
    """Instructions of one request: what a block of more takes beyond a block of fewer."""
    block = worker.block(target)
    block(10)
    control(worker, "--instr=on")
    few, many = (counted(worker, block, size, folder) for size in (10, REQUESTS + 10))
    control(worker, "--instr=off")
    return (many - few) / REQUESTS


def counted(worker: Worker, block: Block, size: int, folder: Path) -> int:
    """Instructions of a block. Each dump begins to count anew."""
    control(worker, "--dump")
    block(size)
    control(worker, "--dump")
    newest = max(folder.glob("out.*"), key=lambda path: int(path.suffix[1:]))
    found = re.search(r"^(?:summary|totals): (\d+)", newest.read_text(), re.MULTILINE)
    if found is None:
        raise RuntimeError(f"callgrind has counted nothing in {newest.name}")
    return int(found[1])


def control(worker: Worker, what: str) -> None:
    command = ["callgrind_control", what, str(worker.process.pid)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
