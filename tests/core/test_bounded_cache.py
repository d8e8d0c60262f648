"""What a process remembers and may forget at any time: bounded, and in favour of what is read."""

from accounts.bounded_cache import BoundedMemory


def test_memory_keeps_no_more_than_twice_its_size() -> None:
    """However many come, the newest are there and the oldest are gone."""
    memory: BoundedMemory[int, str] = BoundedMemory(10)

    for number in range(1000):
        memory.put(number, str(number))

    kept = [number for number in range(1000) if memory.get(number)]
    assert 10 <= len(kept) <= 20
    assert kept[-1] == 999


def test_what_is_read_often_outlives_what_is_not() -> None:
    """A flood of new entries does not push out those in use."""
    memory: BoundedMemory[int, str] = BoundedMemory(10)
    memory.put(-1, "in use")
    memory.put(-2, "forgotten")

    for number in range(100):
        memory.put(number, "new")
        assert memory.get(-1) == "in use"

    assert memory.get(-2) is None


def test_cleared_memory_knows_nothing() -> None:
    """As a new process."""
    memory: BoundedMemory[int, str] = BoundedMemory(1)
    memory.put(1, "old")
    memory.put(2, "young")

    memory.clear()

    assert memory.get(1) is memory.get(2) is None
