"""The server on a unix socket, where no caller has an address."""

import http.client
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from project import server
from tests.project import test_startup
from tests.servers import ROOT, wait_for

production = test_startup.production


def ask(path: Path, target: str, **headers: str) -> int:
    """The status of a GET through the socket; 0 while nobody listens."""
    with socket.socket(socket.AF_UNIX) as wire:
        wire.settimeout(10)
        try:
            wire.connect(str(path))
        except OSError:
            return 0
        connection = http.client.HTTPConnection("app.example")
        connection.sock = wire
        connection.request("GET", target, headers=headers)
        with connection.getresponse() as response:
            return response.status


@pytest.mark.parametrize(
    ("proxies", "status", "warned"), [("unix", 200, False), ("127.0.0.1", 301, True)]
)
def test_proxy_on_a_unix_socket_is_believed_where_the_setting_says_so(
    production: dict[str, str], tmp_path: Path, proxies: str, status: int, warned: bool
) -> None:
    """Its scheme counts then. Otherwise it is a stranger, and the log says what to write."""
    path, log = tmp_path / "socket", tmp_path / "log"
    environment = production | {"GATEHOUSE_TRUSTED_PROXIES": proxies, "GATEHOUSE_WORKERS": "1"}
    module, *options, application = server.command("127.0.0.1", 0)[1:]
    command = [sys.executable, module, *options, "--uds", str(path), application]

    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    try:
        wait_for(lambda: ask(path, "/healthz") == 200, process, log)
        found = ask(
            path, "/login", **{"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
        )
    finally:
        process.terminate()
        process.wait(10)

    assert found == status
    assert ("REMOTE_ADDR cannot be read" in log.read_text()) is warned
