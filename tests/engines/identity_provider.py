"""A real identity provider for the tests: the npm package oidc-provider, on loopback."""

import signal
import socket
import subprocess
from pathlib import Path
from typing import Self

from tests.engines import npm
from tests.servers import die_with_parent, free_port, wait_for
from tools import programs

CLIENT_ID = "gatehouse"
CLIENT_SECRET = "a secret: with, odd % characters & a + sign"


class IdentityProvider:
    """`with IdentityProvider(folder) as provider: provider.issuer`; it can stop and start again."""

    def __init__(self, folder: Path) -> None:
        self.log_file = folder / "provider.log"
        self.process: subprocess.Popen | None = None
        self.port = free_port()
        self.issuer = f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> dict[str, str]:
        """The app's GATEHOUSE_* variables for it."""
        return {
            "GATEHOUSE_OIDC_ISSUER": self.issuer,
            "GATEHOUSE_OIDC_CLIENT_ID": CLIENT_ID,
            "GATEHOUSE_OIDC_CLIENT_SECRET": CLIENT_SECRET,
            "GATEHOUSE_OIDC_NAME": "Example Provider",
        }

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        npm.ensure_packages(npm.PROVIDER)
        with self.log_file.open("ab") as output:
            self.process = subprocess.Popen(
                [programs.ensure("node"), "provider.mjs", str(self.port)],
                cwd=npm.PROVIDER,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )
        wait_for(self._answers, self.process, self.log_file)

    def stop(self) -> None:
        """As if it had died: what it kept in memory is gone."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0
