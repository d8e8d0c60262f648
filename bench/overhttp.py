"""Part `http`: real servers, one process each, asked in turn over loopback."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt

from bench import load
from tests.servers import Gatehouse, free_port

HERE = Path(__file__).resolve().parent
ROUNDS, SECONDS = 5, 2.0
SECRET = "of the bench, and of nothing else, 64 letters long: 0123456789abc"
TICK = os.sysconf("SC_CLK_TCK")
GRANIAN = ["-m", "granian", "--interface", "wsgi", "--no-ws", "--host", "127.0.0.1"]


@dataclass
class Server:
    """One server under load, and what its rounds have shown."""

    name: str
    group: int
    port: int
    request: bytes
    rounds: list[tuple[float, float, float]] = field(default_factory=list)

    def round(self) -> None:
        before = cpu_seconds(self.group)
        found = load.run(self.port, self.request, seconds=SECONDS)
        spent = cpu_seconds(self.group) - before
        each = spent / found.requests * 1e6
        self.rounds.append((each, found.requests / found.seconds, found.slowest))


def cpu_seconds(group: int) -> float:
    """What all processes of a process group have used so far."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        if int(fields[2]) == group:
            total += int(fields[11]) + int(fields[12])
    return total / TICK


def request(port: int, **headers: str) -> bytes:
    lines = ["GET /api/me HTTP/1.1", f"Host: localhost:{port}", "Accept: */*"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@contextmanager
def process(command: list[str], port: int, **env: str) -> Iterator[subprocess.Popen]:
    started = subprocess.Popen(
        command,
        env={**os.environ, "BENCH_PORT": str(port), "BENCH_SECRET": SECRET, **env},
        cwd=HERE.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield started
    finally:
        os.killpg(started.pid, 15)
        started.wait(20)


def gatehouse(stack: ExitStack, folder: Path, **env: object) -> Server:
    """As `./run` starts it, with one process; signed in as its page does it."""
    usual = {"GATEHOUSE_WORKERS": 1, "GATEHOUSE_ACCESS_SECONDS": 3600}
    app = stack.enter_context(Gatehouse(folder, **usual | env))
    jar: dict[str, str] = {}

    def ask(path: str, body: dict[str, Any] | None = None) -> None:
        headers = {"Cookie": cookies(jar), "Origin": app.url, "Content-Type": "application/json"}
        headers["X-CSRFToken"] = jar.get("__Host-csrftoken", "")
        data = json.dumps(body).encode() if body else None
        asked = urllib.request.Request(app.url + path, data, headers)
        with urllib.request.urlopen(asked, timeout=20) as answer:
            for line in answer.headers.get_all("Set-Cookie") or []:
                name, _, value = line.partition(";")[0].partition("=")
                jar[name] = value

    from project.demo import PEOPLE

    alice = PEOPLE[0]
    ask("/auth/session")
    ask("/auth/login", {"email": alice.email, "password": alice.password})
    sent = request(app.port, Cookie=cookies(jar), Sec_Fetch_Site="same-origin")
    return Server("Gatehouse (granian), ES256 cookie", app.process.pid, app.port, sent)


def cookies(jar: dict[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in jar.items())


def django(stack: ExitStack, folder: Path, peer: str, name: str) -> Server:
    """A peer in its own project on granian."""
    port, data = free_port(), folder / peer
    data.mkdir()
    env = {
        "DJANGO_SETTINGS_MODULE": "bench.stacks.documented",
        "BENCH_PEER": peer,
        "BENCH_DATA_DIR": str(data),
    }
    prepare = [sys.executable, "-m", "bench.prepare"]
    done = subprocess.run(
        prepare, env={**os.environ, **env}, capture_output=True, check=True, text=True
    )
    headers = {
        key.removeprefix("HTTP_").title(): value for key, value in json.loads(done.stdout).items()
    }
    command = [sys.executable, *GRANIAN, "--port", str(port), "--workers", "1"]
    command += ["bench.stacks.documented_wsgi:application"]
    started = stack.enter_context(process(command, port, **env))
    return Server(f"{name} (granian)", started.pid, port, request(port, **headers))


def others(stack: ExitStack) -> list[Server]:
    """FastAPI, and where Node is present Fastify and Express."""
    sent = f"token={jwt.encode({'sub': 'q' * 22, 'exp': int(time.time()) + 7200}, SECRET)}"
    uvicorn = [sys.executable, "-m", "uvicorn", "--no-access-log", "--log-level", "error"]
    commands = {"FastAPI + PyJWT (uvicorn)": [*uvicorn, "bench.fastapi_app:app"]}
    if shutil.which("node") and shutil.which("npm"):
        ci = ["npm", "ci", "--no-audit", "--no-fund", "--silent", "--ignore-scripts"]
        subprocess.run(ci, cwd=HERE / "node", check=True)
        commands["Express + jsonwebtoken, KeyObject"] = ["node", str(HERE / "node/express.mjs")]
        commands["Fastify + @fastify/jwt"] = ["node", str(HERE / "node/fastify.mjs")]
    found = []
    for name, command in commands.items():
        port = free_port()
        ports = ["--host", "127.0.0.1", "--port", str(port)] if "uvicorn" in command else []
        started = stack.enter_context(process([*command, *ports], port, NODE_ENV="production"))
        found.append(Server(name, started.pid, port, request(port, Cookie=sent)))
    return found


def ready(server: Server) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            load.run(server.port, server.request, seconds=0.3, connections=1)
            return
        except OSError:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{server.name} does not answer") from None
            time.sleep(0.2)


def measure() -> dict[str, Any]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gatehouse-bench-")))
        servers = [
            gatehouse(stack, folder / "gatehouse"),
            django(stack, folder, "simplejwt-stateless", "DRF + simplejwt, stateless"),
            django(stack, folder, "dj-rest-auth", "dj-rest-auth"),
            *others(stack),
        ]
        for server in servers:
            ready(server)
            server.round()
            server.rounds.clear()
        for turn in range(ROUNDS):
            for server in servers if turn % 2 else reversed(servers):
                server.round()
    own = servers[0]
    rows = []
    for server in servers:
        each, rate, slowest = (
            statistics.median(column) for column in zip(*server.rounds, strict=True)
        )
        ratios = sorted(one[0] / two[0] for one, two in zip(server.rounds, own.rounds, strict=True))
        spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
        ratio = f"**{statistics.median(ratios):.2f}**"
        rows.append([server.name, f"{each:.0f}", f"{rate:.0f}", f"{slowest:.1f}", ratio, spread])
    caption = (
        f"`/api/me` from 16 connections, {ROUNDS} rounds of {SECONDS:.0f} s in turn, medians; the "
        "last columns compare CPU a request with Gatehouse's, least and most of the rounds"
    )
    head = ["server", "CPU µs/request", "requests/s", "p99 ms", "to Gatehouse", "spread"]
    return {"tables": [{"caption": caption, "head": head, "rows": rows}]}
