"""Watching a request from inside changes nothing about it."""

import pytest

from accounts import watching
from accounts.watching import Call


@watching.watched
def half(number: int) -> int:
    """Half of an even number."""
    if number % 2:
        raise ValueError("odd")
    return number // 2


def test_watched_call_is_told_with_its_result() -> None:
    """Name, arguments, result, duration."""
    calls: list[Call] = []

    with watching.watch(calls.append):
        assert half(4) == 2

    (call,) = calls
    assert call.name.endswith("test_watching.half")
    assert (call.arguments, call.result, call.error) == ((4,), 2, None)
    assert call.seconds >= 0


def test_watched_refusal_is_told_and_still_raised() -> None:
    """The caller gets the exception, the watcher its cause."""
    calls: list[Call] = []

    with watching.watch(calls.append), pytest.raises(ValueError, match="odd"):
        half(3)

    assert str(calls[0].error) == "odd"


def test_call_outside_the_watch_is_not_told() -> None:
    """A watch is for one context."""
    calls: list[Call] = []

    with watching.watch(calls.append):
        pass
    half(4)

    assert calls == []


def test_failing_watcher_breaks_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """What is watched does not depend on who watches."""

    def fail(call: Call) -> None:
        raise RuntimeError("the watcher is broken")

    with watching.watch(fail):
        assert half(4) == 2

    assert "a watcher failed" in caplog.text


def test_told_call_shows_no_secret_in_its_representation() -> None:
    """Arguments hold tokens and passwords: they are not part of a log line by accident."""
    assert "secret" not in repr(Call("x", 0.0, 0.0, ("secret",), "secret"))
