"""The revocation counter: one file, however often it is opened, deleted or put back."""

import os
from pathlib import Path
from typing import Any

import pytest

from accounts.conf import conf
from accounts.errors import Unavailable
from accounts.sessions import revocation


@pytest.fixture(autouse=True)
def file(settings: Any, tmp_path: Path) -> Path:
    """A counter of the test's own, which does not exist yet."""
    settings.GATEHOUSE = {**settings.GATEHOUSE, "DATA_DIR": tmp_path}
    revocation.reopen_counter()
    return conf.revocation_counter


def test_missing_file_is_made_and_counts_from_nothing(file: Path) -> None:
    """A new machine has seen no revocation."""
    assert revocation.counter_length() == 0
    assert file.exists()


def test_each_bump_is_seen_at_once() -> None:
    """Nothing has to be opened again to see it."""
    seen = []
    for _ in range(3):
        revocation.increment_counter()
        seen.append(revocation.counter_length())

    assert seen == [1, 2, 3]


@pytest.mark.parametrize("put_back", [False, True], ids=["deleted", "put back"])
def test_another_file_of_that_name_is_found_by_the_next_reading(file: Path, put_back: bool) -> None:
    """Somebody clears the folder under a running server: revocations in the new file count again."""
    revocation.increment_counter()
    file.unlink()
    if put_back:
        file.write_bytes(b"." * 7)

    revocation.reopen_counter()
    before = revocation.counter_length()
    revocation.increment_counter()

    assert (before, revocation.counter_length()) == (7 if put_back else 0, 8 if put_back else 1)


def test_reopening_uses_no_further_descriptor() -> None:
    """It happens at each reading of the feed, for as long as the process lives."""
    before = lowest_free_descriptor()

    for _ in range(50):
        revocation.reopen_counter()

    assert lowest_free_descriptor() == before


def test_counter_that_cannot_be_had_closes_the_api(settings: Any, tmp_path: Path) -> None:
    """Whoever cannot hear of revocations must not answer as if there were none."""
    settings.GATEHOUSE = {**settings.GATEHOUSE, "DATA_DIR": tmp_path / "gone"}

    for use in (revocation.reopen_counter, revocation.increment_counter):
        with pytest.raises(Unavailable, match="counter"):
            use()


def lowest_free_descriptor() -> int:
    descriptor = os.open(os.devnull, os.O_RDONLY)
    os.close(descriptor)
    return descriptor
