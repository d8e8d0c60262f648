"""Follows a page that tells people how to put `accounts` into a project, block by block.

A block whose fence names a file is that file, or is added at its end: `python mysite/urls.py (add)`.
One that says `new project` is for projects that did not exist before. One that says `part`,
`copied` or `going back` is followed where a test asks for it.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.docs import named_blocks
from tests.servers import ROOT, die_with_parent, free_port, wait_for

# What makes an environment: a project that exists has one, and so has whoever runs these tests.
ENVIRONMENT = ("python3 -m venv", ". .venv", "python -m pip")

ON_REQUEST = {"part", "copied", "going back"}


class Project:
    """A project in a folder, and what the pages make of it."""

    def __init__(self, folder: Path, *, new: bool) -> None:
        self.folder = folder
        self.new = new
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.server = f"python manage.py runserver localhost:{self.port}"

    def beside(self, settings: str) -> "Project":
        """Return the same project with other settings, at a port of its own."""
        other = Project(self.folder, new=self.new)
        other.server += f" --settings {settings}"
        return other

    def follow(self, page: str, start: str = "", end: str = "", also: str = "") -> str:
        """Do what the page's blocks say, between two headings; return what the commands printed."""
        printed = [
            self.follow_block(info, text, also) for info, text in named_blocks(page, start, end)
        ]
        return "".join(printed)

    def follow_block(self, info: str, text: str, also: str = "") -> str:
        """Do what one block says, and return what its commands printed."""
        text = text.replace("8000", str(self.port))
        language, _, rest = info.partition(" ")
        name, _, noted = rest.strip(")").partition("(")
        notes = set(noted.split(", "))
        if ("new project" in notes and not self.new) or notes & ON_REQUEST - {also}:
            return ""
        if language == "sh":
            lines = text.splitlines(keepends=True)
            if not self.new:
                lines = [line for line in lines if not line.startswith(ENVIRONMENT)]
            if lines and "runserver" in lines[-1]:
                self.server = lines.pop().strip()
            return self.run("".join(lines))
        file = self.folder / name.strip()
        before = f"{file.read_text()}\n" if "add" in notes else ""
        file.write_text(f"{before}{text}")
        return ""

    def write(self, files: dict[str, str]) -> None:
        """Put these files into the project, with their folders."""
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def run(self, script: str, check: bool = True) -> str:
        """Run a shell script in the project's folder; return what it printed."""
        done = subprocess.run(
            self.shell(script),
            cwd=self.folder,
            env=self.environment(),
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0 or not check, f"{script}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def python(self, code: str) -> str:
        """Run code in `manage.py shell`; return what it printed."""
        return self.run(f"python manage.py shell -v0 <<'CODE'\n{code}\nCODE")

    def shell(self, script: str) -> list[str]:
        """A person's one shell stays in the virtual environment; each of ours enters it anew."""
        enter = "if [ -d .venv ]; then . .venv/bin/activate; fi"
        return ["sh", "-euc", f"{enter}\n{script}"]

    def environment(self) -> dict[str, str]:
        ours = ("GATEHOUSE", "DJANGO_", "PYTHON", "VIRTUAL_ENV", "COV_")
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
        path = f"{Path(sys.executable).parent}:{inherited['PATH']}"
        quick = {"PIP_NO_COMPILE": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        # Python 3.12's activate asks for it, which sh, unlike bash, does not set.
        quick["OSTYPE"] = os.environ.get("OSTYPE", "")
        return inherited | quick | {"GATEHOUSE": str(ROOT), "PATH": path}

    @contextmanager
    def serve(self, ready: str = "/healthz") -> Iterator[str]:
        """Serve the project as the page says, without reloading; give its address."""
        assert not answers(self.url), "another server has this port"
        log = self.folder / f"server-{self.port}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                self.shell(f"exec {self.server} --noreload"),
                cwd=self.folder,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )
        try:
            wait_for(lambda: answers(f"{self.url}{ready}"), process, log)
            yield self.url
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(10)


def answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code < 500
    except httpx.TransportError:
        return False
