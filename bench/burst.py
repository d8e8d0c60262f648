"""Part `burst`: how long others wait while many people sign in at once.

Run as a program it signs them in, in a process of its own: what waits for it is measured elsewhere.
"""

import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench import amount, goals, load, overhttp
from bench.refresh import table
from bench.threads import SIGN_INS, burst

ROUNDS, SECONDS, CONNECTIONS = amount((5, 4.0, 8), (1, 1.0, 8))


def measure() -> dict[str, Any]:
    rows, what = [], f"p99 of `/api/me` during {SIGN_INS} sign-ins"
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gatehouse-bench-")))
        server = overhttp.gatehouse(stack, folder, 2)
        overhttp.ready(server)
        quiet, busy, told = [], [], []
        for _ in range(ROUNDS):
            quiet.append(ask(server))
            command = [sys.executable, "-m", "bench.burst", str(server.port)]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as people:
                people.stdout.readline()  # they begin
                busy.append(ask(server))
                told.append(people.stdout.readline().strip())
    for name, found in (("quiet", quiet), (f"{SIGN_INS} sign-ins at once", busy)):
        rate = statistics.median(one.requests / one.seconds for one in found)
        slowest = statistics.median(one.slowest for one in found)
        rows.append(
            [name, f"{rate:.0f}", f"{slowest:.1f}", "; ".join(told) if found is busy else ""]
        )
    caption = (
        f"`/api/me` on two processes from {CONNECTIONS} connections, quiet and while people sign "
        f"in, in turn; medians of {ROUNDS} rounds of {SECONDS:.0f} s"
    )
    slower = [one.slowest / other.slowest for one, other in zip(busy, quiet, strict=True)]
    refused = sum(int(one.split()[2]) for one in told)
    return {
        "tables": [table(caption, ["", "requests/s", "p99 ms", "the sign-ins"], rows)],
        "goals": [
            goals.at_most(f"{what}, to quiet", statistics.median(slower), 2.5),
            goals.at_most(f"sign-ins told 503, of {SIGN_INS * ROUNDS}", refused, 0),
        ],
    }


def ask(server: overhttp.Server) -> load.Load:
    return load.run(server.port, server.request, seconds=SECONDS, connections=CONNECTIONS)


if __name__ == "__main__":
    print("begins", flush=True)
    print(burst(f"http://localhost:{sys.argv[1]}"), flush=True)
