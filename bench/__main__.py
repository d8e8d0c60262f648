"""`./run bench [PART ...]`: measures, and writes what README and bench/RESULTS.md show."""

import argparse
import os
import sys
import time
from importlib import import_module

from bench import report

PARTS = {
    "paired": "bench.inprocess",
    "instructions": "bench.instructions",
    "http": "bench.overhttp",
    "threads": "bench.threads",
    "burst": "bench.burst",
    "refresh": "bench.refresh",
    "statements": "bench.statements",
    "feed": "bench.feed",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; else all")
    parser.add_argument(
        "--quick", action="store_true", help="try each part in a small size, and keep nothing"
    )
    parser.add_argument(
        "--write", action="store_true", help="write the pages again from what was measured"
    )
    options = parser.parse_args()
    chosen = options.parts or ([] if options.write else list(PARTS))
    unknown = sorted(set(chosen) - set(PARTS))
    if unknown:
        sys.exit(f"There is no part {unknown[0]}; there are {', '.join(PARTS)}.")
    if options.quick:
        os.environ["BENCH_QUICK"] = "1"
    for part in chosen:
        began = time.monotonic()
        print(f"=== {part} ...", flush=True)
        found = import_module(PARTS[part]).measure()
        print(report.text(found))
        if not options.quick:
            report.keep(part, found)
        print(f"=== {part}: {time.monotonic() - began:.0f} s", flush=True)
    if options.write:
        report.write()


if __name__ == "__main__":
    main()
