"""Clients that others' generators make from GET /api/schema: they compile, and they work."""

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.engines import npm
from tests.engines.people import PASSWORDS
from tests.servers import Gatehouse
from tools import programs

EMAIL = "alice@example.com"
STRICT = ["--strict", "--noEmitOnError", "--target", "es2022", "--lib", "es2022,dom,dom.iterable"]
MODULES = ["--module", "nodenext", "--moduleResolution", "nodenext", "--skipLibCheck"]


@pytest.fixture
def folder(server: Gatehouse, tmp_path: Path) -> Path:
    """A folder with the description and the packages of npm."""
    npm.ensure_packages(npm.GENERATORS)
    (tmp_path / "schema.json").write_bytes(httpx.get(f"{server.url}/api/schema").content)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "node_modules").symlink_to(npm.GENERATORS / "node_modules")
    return tmp_path


def run(folder: Path, *command: str, **env: str) -> str:
    """Run a program in the folder and return what it printed. Fail if it fails."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | env,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def node(folder: Path, name: str, *arguments: str) -> str:
    """Run a program of npm."""
    return run(folder, programs.ensure("node"), f"node_modules/.bin/{name}", *arguments)


def compile_strictly(folder: Path, name: str) -> None:
    """Have the program beside this file, and what it imports, compiled by TypeScript."""
    (folder / f"{name}.ts").write_text((npm.GENERATORS / f"{name}.ts").read_text())
    node(folder, "tsc", *STRICT, *MODULES, f"{name}.ts")


def check_works(folder: Path, server: Gatehouse, *command: str) -> None:
    """Run a client: it signs in, writes a note, lists it, refreshes, and reads a refusal."""
    title = f"by {command[-1]}"
    who = {"EMAIL": EMAIL, "PASSWORD": PASSWORDS[EMAIL], "TITLE": title}
    titles, kind, refusal = json.loads(run(folder, *command, URL=server.url, **who))
    assert (titles, kind) == ([title], "Bearer")
    assert refusal in ("not_authenticated", "invalid_token")


def test_types_of_openapi_typescript_are_strict_and_right(folder: Path, server: Gatehouse) -> None:
    """With the client that is made for them."""
    node(folder, "openapi-typescript", "schema.json", "-o", "schema.ts")
    compile_strictly(folder, "openapi_fetch")

    check_works(folder, server, programs.ensure("node"), "openapi_fetch.js")


def test_functions_of_orval_are_strict_and_work(folder: Path, server: Gatehouse) -> None:
    """One for each operation."""
    node(
        folder,
        *("orval", "--input", "./schema.json", "--output", "./client.ts"),
        *("--client", "fetch", "--mode", "single"),
    )
    compile_strictly(folder, "orval")

    check_works(folder, server, programs.ensure("node"), "orval.js")


def test_package_of_openapi_python_client_works(folder: Path, server: Gatehouse) -> None:
    """It is made without a word about what it could not read."""
    bin_dir = Path(sys.executable).parent
    generator = str(bin_dir / "openapi-python-client")
    # It formats what it has made, by ruff.
    path = f"{bin_dir}{os.pathsep}{os.environ['PATH']}"
    said = run(folder, generator, "generate", "--path", "schema.json", PATH=path)
    assert "arning" not in said

    script = folder / "gatehouse-client" / "python_client.py"
    script.write_text((npm.GENERATORS / "python_client.py").read_text())
    check_works(script.parent, server, sys.executable, script.name)


def test_spectral_finds_nothing(folder: Path) -> None:
    """Neither an error nor a warning, by the rules that it recommends."""
    rules = str(npm.GENERATORS / "spectral.yaml")

    said = node(folder, "spectral", "lint", "schema.json", "-r", rules, "-F", "hint")

    assert "No results" in said
