"""The npm packages that tests need: installed once, into node_modules beside their lock file.

A machine without Node.js gets Debian's, or the tests fail with what to do: a skipped test would
look like a passed one.
"""

import subprocess
from pathlib import Path

from tools import debian


def ensure_packages(folder: Path) -> None:
    """Installs what the folder's lock file names, unless that was done before."""
    debian.ensure("Node.js", "nodejs npm", "npm")
    lock = folder / "package-lock.json"
    stamp = folder / "node_modules" / ".installed-from"
    if stamp.exists() and stamp.read_bytes() == lock.read_bytes():
        return
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"The packages of {folder.name}: {done.stderr[-2000:]}")
    stamp.write_bytes(lock.read_bytes())
