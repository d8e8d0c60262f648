"""What Gatehouse costs beside its peers: `./run bench` measures and writes RESULTS.md."""

import os
from typing import TypeVar

T = TypeVar("T")


def amount(usual: T, quick: T) -> T:
    """Return how much to measure: little with `./run bench --quick`, which tries all parts once."""
    return quick if os.environ.get("BENCH_QUICK") else usual
