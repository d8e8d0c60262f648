"""The npm packages that tests need: installed once, into node_modules beside their lock file.

`python -m tests.engines.npm` installs them all before the tests begin.
"""

import subprocess
import sys
from pathlib import Path

from tools import programs

HERE = Path(__file__).parent
LIGHTHOUSE = HERE / "lighthouse"
PROVIDER = HERE / "provider"
HTTP_CLIENTS = HERE / "http_clients"
GENERATORS = HERE / "generators"
TYPESCRIPT = HERE / "typescript"
EXAMPLES = HERE.parents[1] / "examples"
REACT, VUE, HTMX = EXAMPLES / "spa-react", EXAMPLES / "spa-vue", EXAMPLES / "htmx"


def ensure_packages(folder: Path) -> None:
    """Install what the lock file names, unless it is there. Raise `MissingError` if that fails."""
    programs.ensure_all("node", "npm")
    lock = folder / "package-lock.json"
    stamp = folder / "node_modules" / ".installed-from"
    with programs.alone():
        if stamp.exists() and stamp.read_bytes() == lock.read_bytes():
            return
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
        if done.returncode:
            raise programs.MissingError(
                f"The npm packages of {folder.name} could not be installed; is the npm registry"
                f" reachable? {' '.join(done.stderr.split())[:300]}"
            )
        stamp.write_bytes(lock.read_bytes())


if __name__ == "__main__":
    try:
        for packages in (
            LIGHTHOUSE,
            PROVIDER,
            TYPESCRIPT,
            HTTP_CLIENTS,
            GENERATORS,
            REACT,
            VUE,
            HTMX,
        ):
            ensure_packages(packages)
    except programs.MissingError as missing:
        sys.exit(str(missing))
