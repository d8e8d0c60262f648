"""Work that answers do not wait for: one piece after the other, and not without bound."""

import io
import threading

from accounts.people import afterwards


def test_work_beyond_what_may_wait_is_left_out_and_logged(log: io.StringIO) -> None:
    """A mail server that hangs must not fill the memory; what waits is still done in order."""
    gate, done = threading.Event(), []
    afterwards.do(gate.wait)
    for number in range(afterwards.MOST_WAITING):
        afterwards.do(done.append, number)

    gate.set()
    afterwards.finish()

    assert done == list(range(afterwards.MOST_WAITING - 1))
    assert "too much is waiting: append was left out" in log.getvalue()


def test_work_that_fails_gives_its_place_back(log: io.StringIO) -> None:
    """The log says what failed, and the next piece is done."""
    done: list[str] = []
    for _ in range(afterwards.MOST_WAITING + 1):
        afterwards.do(done.remove, "nothing")
        afterwards.finish()
    afterwards.do(done.append, "next")
    afterwards.finish()

    assert done == ["next"]
    assert "remove failed" in log.getvalue()
