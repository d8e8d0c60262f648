"""Watching a request from inside changes nothing about it."""

import re

import pytest

from lab import instrument, sources
from lab.instrument import Call
from tests.servers import ROOT


def plain(number: int) -> int:
    """Half of an even number."""
    if number % 2:
        raise ValueError("odd")
    return number // 2


half = instrument.wrapped(plain, "numbers.half")


def test_watched_call_is_told_with_its_result() -> None:
    """Name, arguments, result, duration."""
    calls: list[Call] = []

    with instrument.watch(calls.append):
        assert half(4) == 2

    (call,) = calls
    assert call.name == "numbers.half"
    assert (call.arguments, call.result, call.error) == ((4,), 2, None)
    assert call.seconds >= 0


def test_watched_refusal_is_told_and_still_raised() -> None:
    """The caller gets the exception, the watcher its cause."""
    calls: list[Call] = []

    with instrument.watch(calls.append), pytest.raises(ValueError, match="odd"):
        half(3)

    assert str(calls[0].error) == "odd"


def test_call_outside_the_watch_is_not_told() -> None:
    """A watch is for one context."""
    calls: list[Call] = []

    with instrument.watch(calls.append):
        pass
    half(4)

    assert calls == []


def test_failing_watcher_breaks_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """What is watched does not depend on who watches."""

    def fail(call: Call) -> None:
        raise RuntimeError("the watcher is broken")

    with instrument.watch(fail):
        assert half(4) == 2

    assert "a watcher failed" in caplog.text


def test_told_call_shows_no_secret_in_its_representation() -> None:
    """Arguments hold tokens and passwords: they are not part of a log line by accident."""
    assert "secret" not in repr(Call("x", 0.0, 0.0, ("secret",), "secret"))


@pytest.mark.parametrize(
    "name",
    ["accounts.nowhere.check", "accounts.web.cookies.gone", "accounts.tokens.signing.Gone.decode"],
)
def test_name_that_is_gone_stops_the_start(name: str) -> None:
    """A step that was renamed would otherwise silently be missing from the lab's pages."""
    with pytest.raises(LookupError, match=name):
        instrument.install((name,))


def test_watched_functions_are_wrapped_once() -> None:
    """However often Django makes its apps ready, each call is told once."""
    instrument.install()

    for name in instrument.NAMES:
        function = sources.resolve(name).__wrapped__
        assert not hasattr(function, "__wrapped__"), name


def test_package_does_not_mention_the_lab() -> None:
    """Whoever copies `accounts` copies nothing that is there to be watched."""
    for file in (ROOT / "accounts").rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"\b(lab|watching)\b", text), file
