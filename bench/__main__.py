"""`./run bench [PART ...]`: measures, and writes bench/RESULTS.md and bench/results.svg."""

import argparse
import sys
import time
from importlib import import_module

from bench import report

PARTS = {
    "paired": "bench.inprocess",
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
    chosen = parser.parse_args().parts or list(PARTS)
    unknown = sorted(set(chosen) - set(PARTS))
    if unknown:
        sys.exit(f"There is no part {unknown[0]}; there are {', '.join(PARTS)}.")
    for part in chosen:
        began = time.monotonic()
        print(f"=== {part} ...", flush=True)
        report.keep(part, import_module(PARTS[part]).measure())
        print(f"=== {part}: {time.monotonic() - began:.0f} s", flush=True)
    print(f"Written: {report.HERE / 'RESULTS.md'}")


if __name__ == "__main__":
    main()
