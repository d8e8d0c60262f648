"""The gain of the short way cannot be lost silently: a ratio, with a margin for noisy machines."""

from bench.paired import compare
from bench.workers import Worker


def test_protected_view_keeps_three_quarters_of_the_speed_without_authentication() -> None:
    """The same view in the same stack, measured in turn; `./run bench paired` shows some nine
    tenths."""
    with Worker("own") as own:
        found = compare(own.block("me open"), own.block("me"), rounds=40, size=60)

    assert found.ratio.median >= 0.75


def test_refusing_an_expired_token_costs_less_than_checking_a_signature() -> None:
    """Refused at the cost of a look into memory, an answer and a log line."""
    with Worker("own") as own:
        found = compare(own.block("me without cache"), own.block("expired"), rounds=20, size=40)

    assert found.ratio.median >= 1.1
