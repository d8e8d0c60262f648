"""The secret that the demo keeps in a file."""

import stat
from pathlib import Path

from project import env


def test_secret_is_made_once_and_read_again(tmp_path: Path) -> None:
    """A restart goes on with the same one, which only its owner can read."""
    path = tmp_path / "secret-key"

    first = env.kept_secret(path)

    assert len(first) >= 50
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert env.kept_secret(path) == first
