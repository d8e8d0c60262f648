"""Part `http`: real servers with one process and with two, asked in turn over loopback."""

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

from bench import NO_LAB, amount, goals, load
from bench.peers import BOLT, DOCUMENTED, EXPRESS, FASTAPI, FASTIFY, LITESTAR, OURS, Peer
from tests.servers import Gatehouse, free_port

HERE = Path(__file__).resolve().parent
ROUNDS, SECONDS = amount((4, 2.0), (1, 0.5))
SECRET = "of the bench, and of nothing else, 64 letters long: 0123456789abc"
TICK = os.sysconf("SC_CLK_TCK")
GRANIAN = ["-m", "granian", "--interface", "wsgi", "--no-ws", "--host", "127.0.0.1"]


@dataclass
class Server:
    """One server under load, and what its rounds have shown."""

    peer: Peer
    processes: int
    group: int
    port: int
    request: bytes
    rounds: list[tuple[float, float, float]] = field(default_factory=list)

    def round(self) -> None:
        before = cpu_seconds(self.group)
        cores = os.sched_getaffinity(0)
        if self.processes == 1:
            os.sched_setaffinity(0, {max(cores)})  # whoever asks leaves the others to it
        try:
            found = load.run(self.port, self.request, seconds=SECONDS)
        except RuntimeError as error:
            raise RuntimeError(f"{self.peer.name}: {error}") from error
        finally:
            os.sched_setaffinity(0, cores)
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
            total += sum(map(int, fields[11:15]))  # with that of its children that have ended
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


def gatehouse(stack: ExitStack, folder: Path, processes: int = 1, **env: object) -> Server:
    """Start it as `./run` does, each process on a core of its own. Sign in as its page does."""
    usual = {"GATEHOUSE_WORKERS": processes, "GATEHOUSE_PIN": 1, "GATEHOUSE_ACCESS_SECONDS": 3600}
    app = stack.enter_context(Gatehouse(folder, **NO_LAB | usual | env))
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
    return Server(OURS, processes, app.process.pid, app.port, sent)


def cookies(jar: dict[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in jar.items())


def django(stack: ExitStack, folder: Path, key: str, peer: Peer) -> Iterator[Server]:
    """A peer in its own project on granian, but django-bolt on its own server."""
    data = folder / key
    data.mkdir()
    env = {
        "DJANGO_SETTINGS_MODULE": "bench.stacks.documented",
        "BENCH_PEER": key,
        "BENCH_DATA_DIR": str(data),
    }
    prepare = [sys.executable, "-m", "bench.prepare"]
    done = subprocess.run(prepare, env={**os.environ, **env}, stdout=subprocess.PIPE, check=True)
    headers = {
        key.removeprefix("HTTP_").title(): value for key, value in json.loads(done.stdout).items()
    }
    for processes in (1, 2):
        port = free_port()
        where = ["--host", "127.0.0.1", "--port", str(port)]
        if peer is BOLT:
            command = ["-m", "django", "runbolt", *where, "--processes", str(processes)]
        else:
            application = "bench.stacks.documented_wsgi:application"
            command = [*GRANIAN, *where, "--workers", str(processes), application]
        started = stack.enter_context(process([sys.executable, *command], port, **env))
        yield Server(peer, processes, started.pid, port, request(port, **headers))


def others(stack: ExitStack) -> Iterator[Server]:
    """FastAPI, Litestar, and where Node is present Fastify and Express."""
    now = int(time.time())
    sent = f"token={jwt.encode({'sub': 'q' * 22, 'iat': now, 'exp': now + 7200}, SECRET)}"
    uvicorn = [sys.executable, "-m", "uvicorn", "--no-access-log", "--log-level", "error"]
    commands = {
        FASTAPI: [*uvicorn, "bench.fastapi_app:app"],
        LITESTAR: [*uvicorn, "bench.litestar_app:app"],
    }
    if shutil.which("node") and shutil.which("npm"):
        ci = ["npm", "ci", "--no-audit", "--no-fund", "--silent", "--ignore-scripts"]
        subprocess.run(ci, cwd=HERE / "node", check=True)
        commands[EXPRESS] = ["node", str(HERE / "node/express.mjs")]
        commands[FASTIFY] = ["node", str(HERE / "node/fastify.mjs")]
    for peer, command in commands.items():
        for processes in (1, 2):
            port = free_port()
            where = ["--host", "127.0.0.1", "--port", str(port), "--workers", str(processes)]
            told = {"NODE_ENV": "production", "BENCH_PROCESSES": str(processes)}
            whole = [*command, *where] if "uvicorn" in command else command
            started = stack.enter_context(process(whole, port, **told))
            yield Server(peer, processes, started.pid, port, request(port, Cookie=sent))


def ready(server: Server) -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            load.run(server.port, server.request, seconds=0.3, connections=1)
            return
        except OSError:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{server.peer.name} does not answer") from None
            time.sleep(0.2)


def measure() -> dict[str, Any]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gatehouse-bench-")))
        servers = [gatehouse(stack, folder / f"ours{count}", count) for count in (1, 2)]
        for key, peer in {**DOCUMENTED, "bolt": BOLT}.items():
            servers += django(stack, folder, key, peer)
        servers += others(stack)
        for server in servers:
            ready(server)
            server.round()
            server.rounds.clear()
        for turn in range(ROUNDS):
            for server in servers if turn % 2 else reversed(servers):
                server.round()
    ratios = {(one.peer.name, one.processes): ratio(one, servers) for one in servers}
    fastapi = next(one for one in servers if one.peer is FASTAPI)
    own = next(one for one in servers if one.peer is OURS)
    what = "CPU of a protected request over HTTP, one process, to FastAPI's with PyJWT"
    return {
        "tables": [shape(servers, 1), shape(servers, 2), unchecked(servers)],
        "goals": [goals.at_most(what, statistics.median(to(own, fastapi)), 1.25)],
        "bars": {
            one.peer.name: [statistics.median(ratios[one.peer.name, count]) for count in (1, 2)]
            for one in servers
        },
    }


def to(one: Server, other: Server) -> list[float]:
    """How many times the other's CPU a request one takes, by round."""
    return [a[0] / b[0] for a, b in zip(one.rounds, other.rounds, strict=True)]


def ratio(server: Server, servers: list[Server]) -> list[float]:
    """The same to Gatehouse's with as many processes."""
    own = next(one for one in servers if one.peer is OURS and one.processes == server.processes)
    return sorted(to(server, own))


def shape(servers: list[Server], processes: int) -> dict[str, Any]:
    rows = []
    for server in servers:
        if server.processes != processes:
            continue
        each, rate, slowest = (
            statistics.median(column) for column in zip(*server.rounds, strict=True)
        )
        ratios = ratio(server, servers)
        spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
        bold = f"**{statistics.median(ratios):.2f}**"
        rows.append(
            [server.peer.name, f"{each:.0f}", f"{rate:.0f}", f"{slowest:.1f}", bold, spread]
        )
    caption = (
        f"{'One process' if processes == 1 else 'Two processes'}: `/api/me` from 16 connections, "
        f"{ROUNDS} rounds of {SECONDS:g} s in turn, medians; the last columns compare CPU a "
        "request with Gatehouse's, least and most of the rounds"
    )
    head = ["server", "CPU µs/request", "requests/s", "p99 ms", "to Gatehouse", "spread"]
    return {"caption": caption, "head": head, "rows": rows}


def unchecked(servers: list[Server]) -> dict[str, Any]:
    rows = [[one.peer.name, one.peer.unchecked] for one in servers if one.processes == 1]
    caption = "What each does not check on that request, beside signature and expiry"
    return {"caption": caption, "head": ["server", "does not check"], "rows": rows}
