"""Starts a stack in a process of its own, and asks it to measure."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from typing import Any, Self

from bench import NO_LAB
from bench.paired import Block, Cost

# `own` needs no peer to be installed. Any other name is a peer's.
SETTINGS = {"own": "project.settings", "same": "bench.stacks.same"}


class Worker:
    """`with Worker("same") as worker: worker.block("me")` is a block for bench.paired."""

    def __init__(
        self, stack: str, alg: str = "HS256", under: Sequence[str] = (), **env: str
    ) -> None:
        """Take in `under` a program to run it in, and in `env` more of the environment."""
        self.stack, self.alg, self.under, self.env = stack, alg, under, env

    def __enter__(self) -> Self:
        self.folder = tempfile.TemporaryDirectory(prefix="gatehouse-bench-")
        env = {k: v for k, v in os.environ.items() if not k.startswith(("GATEHOUSE_", "DJANGO_"))}
        env |= {
            "DJANGO_SETTINGS_MODULE": SETTINGS.get(self.stack, "bench.stacks.documented"),
            "BENCH_PEER": self.stack,
            "BENCH_ALG": self.alg,
            "BENCH_DATA_DIR": self.folder.name,
            "GATEHOUSE_MODE": "demo",
            **NO_LAB,
            "GATEHOUSE_DATA_DIR": self.folder.name,
            "GATEHOUSE_ACCESS_SECONDS": "3600",
            "GATEHOUSE_ISSUER": "http://localhost:8000",
            **self.env,
        }
        self.process = subprocess.Popen(
            [*self.under, sys.executable, "-m", "bench.worker", self.stack],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.names = self._answer().split("\t")
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()
        self.process.stderr.close()
        self.folder.cleanup()

    def block(self, name: str) -> Block:
        if name not in self.names:
            raise KeyError(f"{self.stack} has {', '.join(self.names)}, not {name}")

        def run(count: int) -> Cost:
            self.process.stdin.write(f"{name}\t{count}\n")
            self.process.stdin.flush()
            return Cost(*map(float, self._answer().split()))

        return run

    def _answer(self) -> Any:
        line = self.process.stdout.readline()
        if not line:
            said = self.process.stderr.read()[-4000:]
            raise RuntimeError(f"the stack {self.stack} has failed:\n{said}")
        return line.rstrip("\n")
