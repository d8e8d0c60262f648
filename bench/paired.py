"""Measures A and B back to back, so that a noisy neighbour meets both: ratios, not absolutes.

Rounds are interleaved and their order alternates. What is reported is the median of the rounds'
ratios with its quartiles. CPU time is what counts; wall time stands beside it.
"""

import statistics
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    """Microseconds a request."""

    cpu: float
    wall: float


# Makes so many requests and says what one of them cost.
Block = Callable[[int], Cost]


@dataclass(frozen=True)
class Spread:
    """A median and its quartiles."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        low, median, high = statistics.quantiles(values, n=4, method="inclusive")
        return cls(median, low, high)


@dataclass(frozen=True)
class Comparison:
    """What A and B cost (CPU, medians), and how many times A's cost is B's."""

    a: float
    b: float
    ratio: Spread
    wall_ratio: float
    rounds: int


def compare(a: Block, b: Block, *, rounds: int = 30, size: int = 100) -> Comparison:
    """A and B in turn, `size` requests at a time. The first of each is not counted."""
    if tracemalloc.is_tracing():
        raise RuntimeError("tracemalloc is on: it costs several times what is measured")
    a(size), b(size)
    pairs = []
    for turn in range(rounds):
        if turn % 2:
            first, second = a(size), b(size)
            pairs.append((first, second))
        else:
            second, first = b(size), a(size)
            pairs.append((first, second))
    return Comparison(
        a=statistics.median(one.cpu for one, _ in pairs),
        b=statistics.median(other.cpu for _, other in pairs),
        ratio=Spread.of([one.cpu / other.cpu for one, other in pairs]),
        wall_ratio=statistics.median(one.wall / other.wall for one, other in pairs),
        rounds=rounds,
    )
