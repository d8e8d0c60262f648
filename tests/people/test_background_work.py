"""Work that answers do not wait for: one piece after the other, and not without bound."""

import io
import threading

from accounts.people import delivery


def test_work_beyond_what_may_wait_is_left_out_and_logged(log: io.StringIO) -> None:
    """A mail server that hangs must not fill the memory; what waits is still done in order."""
    gate, done = threading.Event(), []
    delivery.run_later(gate.wait)
    for number in range(delivery.MOST_WAITING):
        delivery.run_later(done.append, number)

    gate.set()
    delivery.finish()

    assert done == list(range(delivery.MOST_WAITING - 1))
    assert "too much is waiting: append was left out" in log.getvalue()


def test_work_that_fails_gives_its_place_back(log: io.StringIO) -> None:
    """The log says what failed, and the next piece is done."""
    done: list[str] = []
    for _ in range(delivery.MOST_WAITING + 1):
        delivery.run_later(done.remove, "nothing")
        delivery.finish()
    delivery.run_later(done.append, "next")
    delivery.finish()

    assert done == ["next"]
    assert "remove failed" in log.getvalue()
