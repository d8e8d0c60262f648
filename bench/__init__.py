"""What Gatehouse costs beside its peers: `./run bench` measures and writes RESULTS.md."""

import os
from typing import TypeVar

T = TypeVar("T")

# In the environment of what is measured: the demo as a live site has it, without the lab, which
# wraps functions to watch them.
NO_LAB = {"GATEHOUSE_LAB_HOSTS": "", "GATEHOUSE_HOSTILE_HOSTS": ""}


def amount(usual: T, quick: T) -> T:
    """Return how much to measure: little with `./run bench --quick`, which tries all parts once."""
    return quick if os.environ.get("BENCH_QUICK") else usual
