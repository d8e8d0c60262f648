"""An environment with the newest Python here, and the newest Django that runs on it.

`python -m tests.engines.newest` makes it before the tests begin: the package's wheel with all its
parts, and whatever its ranges allow at this moment, unpinned.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.engines.generated import wheel
from tests.servers import ROOT
from tools import programs

FOLDER = ROOT / ".venv-newest"
PYTHON = FOLDER / "bin" / "python"
NAMES = ("python3.14", "python3.13", "python3.12")
USABLE = "import ensurepip, sqlite3, venv"


def candidates() -> Iterator[str]:
    """Yield where interpreters may be, the newest first, and this one last."""
    elsewhere = sorted(Path.home().glob(".pyenv/versions/*/bin"), reverse=True)
    folders = [*os.environ["PATH"].split(os.pathsep), *map(str, elsewhere)]
    for name in NAMES:
        for folder in folders:
            yield str(Path(folder) / name)
    yield sys.executable


def interpreter() -> str:
    """Return the newest interpreter that runs. A name on the path may be a shim for none."""
    return next(path for path in candidates() if runs(path))


def runs(path: str) -> bool:
    """Return whether this is an interpreter that can make a virtual environment."""
    try:
        return not subprocess.run([path, "-c", USABLE], check=False, capture_output=True).returncode
    except OSError:
        return False


def ensure() -> None:
    """Make the environment anew. Raise `MissingError` if the packages cannot be had."""
    with programs.alone(), TemporaryDirectory() as folder:
        subprocess.run([interpreter(), "-m", "venv", "--clear", FOLDER], check=True)
        needed = f"{wheel(Path(folder))}[people,federation,metrics,tests]"
        # As in `run`: uv installs several times faster than pip, and may not be there.
        uv = Path(sys.executable).with_name("uv")
        quick = [uv, "pip", "install", "--quiet", "--python", PYTHON, needed]
        if uv.exists() and not subprocess.run(quick, check=False, capture_output=True).returncode:
            return
        pip = [PYTHON, "-m", "pip", "install", "--quiet", needed]
        done = subprocess.run(pip, check=False, capture_output=True, text=True)
    if done.returncode:
        raise programs.MissingError(
            "The newest Django could not be installed; is a package registry reachable?"
            f" {' '.join(done.stderr.split())[-300:]}"
        )


if __name__ == "__main__":
    try:
        ensure()
    except programs.MissingError as missing:
        sys.exit(str(missing))
