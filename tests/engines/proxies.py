"""TLS proxies in front of the application, started with the configuration that deploy/ ships.

Only what belongs to a machine is replaced: names, ports, paths of the certificate. A replaced text
that is no longer there fails, so that the shipped file and the tested one cannot drift apart.
"""

import os
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Self

from tests.servers import ROOT, die_with_parent, free_port, wait_for
from tools import certificate, programs


def substitute(text: str, **replaced: str) -> str:
    """The text with each key replaced; every one of them has to occur."""
    for old, new in replaced.items():
        assert old in text, f"{old} is not in the shipped file"
        text = text.replace(old, new)
    return text


class Proxy:
    """`with Nginx(folder, 8000) as proxy: proxy.url` - in front of servers on these ports."""

    command: list[str]

    def __init__(
        self,
        folder: Path,
        *servers: int,
        port: int = 0,
        amend: Callable[[str], str] = str,
    ) -> None:
        """`amend` makes what a page says to change of the shipped file."""
        self.folder, self.servers, self.amend = folder, servers, amend
        self.port, self.plain_port = port or free_port(), free_port()
        self.url = f"https://localhost:{self.port}"
        self.process: subprocess.Popen | None = None

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.certificate, self.key = certificate.ensure(self.folder)
        self.log_file = self.folder / "log"
        self.configure()
        with self.log_file.open("wb") as output:
            self.process = subprocess.Popen(
                self.command,
                env={**os.environ, "HOME": str(self.folder), "XDG_DATA_HOME": str(self.folder)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )
        try:
            wait_for(self._answers, self.process, self.log_file)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()

    def configure(self) -> None:
        raise NotImplementedError

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class Nginx(Proxy):
    def configure(self) -> None:
        program = programs.ensure("nginx")
        shipped = self.amend((ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8"))
        site = substitute(
            shipped,
            **{
                "    listen [::]:443 ssl http2;\n": "",
                "    listen [::]:80;\n": "",
                "listen 443 ": f"listen 127.0.0.1:{self.port} ",
                "listen 80;": f"listen 127.0.0.1:{self.plain_port};",
                "server_name app.example.com;": "server_name localhost;",
                "/etc/ssl/gatehouse/certificate.pem": str(self.certificate),
                "/etc/ssl/gatehouse/key.pem": str(self.key),
                "    server 127.0.0.1:8000;\n": "".join(
                    f"    server 127.0.0.1:{port};\n" for port in self.servers
                ),
            },
        )
        bodies = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        paths = "".join(f"    {name}_temp_path {self.folder / name};\n" for name in bodies)
        # Debian's own file gives a user and its paths; these belong to this test.
        user = "user root;\n" if os.geteuid() == 0 else ""
        frame = f"{user}daemon off;\nworker_processes 1;\npid {self.folder / 'pid'};\n"
        frame += "error_log stderr;\nevents {}\nhttp {\n    access_log off;\n"
        frame += "    include /etc/nginx/mime.types;\n"  # as Debian's own file has it
        frame += "    underscores_in_headers on;\n"  # whatever the machine has, ours must hold
        path = self.folder / "nginx.conf"
        path.write_text(f"{frame}{paths}{site}}}\n", encoding="utf-8")
        self.command = [program, "-p", str(self.folder), "-c", str(path), "-e", "stderr"]


class Caddy(Proxy):
    def configure(self) -> None:
        program = programs.ensure("caddy")
        shipped = self.amend((ROOT / "deploy" / "Caddyfile").read_text(encoding="utf-8"))
        tls = f"tls {self.certificate} {self.key}"
        site = substitute(
            shipped,
            **{
                "https://app.example.com {": f"https://localhost:{self.port} {{\n\t{tls}",
                "http://app.example.com {": f"http://localhost:{self.plain_port} {{",
                "127.0.0.1:8000": " ".join(f"127.0.0.1:{port}" for port in self.servers),
            },
        )
        path = self.folder / "Caddyfile"
        options = "{\n\tadmin off\n\tdefault_bind 127.0.0.1\n"
        options += f"\thttp_port {self.plain_port}\n\thttps_port {self.port}\n}}\n"
        path.write_text(options + site, encoding="utf-8")
        self.command = [program, "run", "--adapter", "caddyfile", "--config", str(path)]
