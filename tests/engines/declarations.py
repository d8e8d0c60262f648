"""The types of the package's scripts: .d.ts files that TypeScript makes from their comments.

`python -m tests.engines.declarations`, or `./run types`, makes them again beside the scripts.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.engines.npm import TYPESCRIPT, ensure_packages
from tests.servers import ROOT
from tools import programs

SCRIPTS = ROOT / "accounts" / "static" / "gatehouse"
# The comments are believed by whoever uses the types, so they are checked against the code.
STRICT = ("--allowJs", "--checkJs", "--strict", "--target", "es2023", "--module", "esnext")
BROWSER = ("--moduleResolution", "bundler", "--lib", "es2023,dom,dom.iterable")
OUTPUT = ("--declaration", "--emitDeclarationOnly", "--newLine", "lf", "--outDir")


def make(folder: Path) -> None:
    """Write the declarations into the folder. Raise CompilerError if a comment is not true."""
    ensure_packages(TYPESCRIPT)
    compiler = TYPESCRIPT / "node_modules" / "typescript" / "bin" / "tsc"
    with TemporaryDirectory() as copies:
        # Beside its declaration a script would not be read.
        scripts = [shutil.copy(script, copies) for script in sorted(SCRIPTS.glob("*.js"))]
        command = [programs.ensure("node"), compiler, *STRICT, *BROWSER, *OUTPUT, folder, *scripts]
        done = subprocess.run(command, cwd=copies, check=False, capture_output=True, text=True)
    if done.returncode:
        raise CompilerError(done.stdout)


class CompilerError(Exception):
    """What TypeScript finds wrong with the scripts."""


if __name__ == "__main__":
    try:
        make(SCRIPTS)
    except (CompilerError, programs.MissingError) as error:
        sys.exit(str(error))
