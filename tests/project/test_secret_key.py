"""The secret that the demo keeps in a file."""

import errno
import os
from pathlib import Path

import pytest

from project import env


@pytest.mark.parametrize("refusal", [errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS])
def test_server_starts_in_a_folder_without_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: int
) -> None:
    """Memory cards, shares and some containers have none: it is made all the same, and read again."""

    def refuse(*_: object) -> None:
        raise OSError(refusal, os.strerror(refusal))

    monkeypatch.setattr(os, "link", refuse)

    first = env.kept_secret(tmp_path / "secret-key")

    assert len(first) >= 50
    assert env.kept_secret(tmp_path / "secret-key") == first
