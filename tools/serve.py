"""Prepare the data directory and become the application server: what `./run` starts.

Migrations, the demo people and the certificate are made in one Python process, so that a second
start takes about two seconds. The process then turns into granian. It binds to loopback only, but
for a class (tools.classroom).
"""

import argparse
import os
import socket
import sys
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from project import server, startup

ROOT = Path(__file__).resolve().parent.parent


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run")
    parser.add_argument("--port", type=int, default=8000, help="the port (default 8000)")
    parser.add_argument("--https", action="store_true", help="TLS, with a certificate of its own")
    parser.add_argument(
        "--class", action="store_true", dest="classroom", help="a class on the local network"
    )
    parser.add_argument("--address", help="--class: this machine's IPv4 address in the room")
    parser.add_argument("--other-site", help="--class: a name for it that the room resolves")
    parser.add_argument("--yes", action="store_true", help="--class: open it without asking")
    options = parser.parse_args()
    if not 1 <= options.port <= 65535:
        parser.error(f"--port must be between 1 and 65535, not {options.port}")
    if not options.classroom and (options.address or options.other_site or options.yes):
        parser.error("--address, --other-site and --yes belong to --class")
    return options


def refuse_busy(port: int) -> None:
    """End with one line if the port is taken, on ::1 too, where browsers look first."""
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.settimeout(1)
                taken = probe.connect_ex((address, port)) == 0
        except OSError:  # a machine without IPv6
            continue
        if taken:
            sys.exit(f"Port {port} is in use by another program; choose one: ./run --port N")


def prepare() -> Path:
    """Bring the database and its people up to date. Return the data directory."""
    from django.conf import settings
    from django.core.management import CommandError, call_command
    from django.db import OperationalError, connection, connections
    from django.db.migrations.executor import MigrationExecutor

    try:
        startup.refuse_unsafe()
        # One connection: a pool would go on trying, and tell each attempt in the log.
        connection.settings_dict["OPTIONS"].pop("pool", None)
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", verbosity=0, interactive=False)
        if settings.DEMO:
            call_command("create_demo", verbosity=0)
        if settings.CLASS:
            call_command("new_class")
    except (ImproperlyConfigured, CommandError) as error:
        sys.exit(str(error))
    except OperationalError as error:
        cause = " ".join(str(error).split())
        sys.exit(f"The database of GATEHOUSE_DATABASE_URL cannot be used: {cause}")
    connections.close_all()
    return Path(settings.DATA_DIR)


def main() -> None:
    options = arguments()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    if options.classroom:
        from tools import classroom

        os.chdir(ROOT)
        sys.exit(classroom.serve(classroom.plan(options), prepare))
    refuse_busy(options.port)

    address = f"{'https' if options.https else 'http'}://localhost:{options.port}"
    os.environ.setdefault("GATEHOUSE_MODE", "demo")
    os.environ.setdefault("GATEHOUSE_ISSUER", address)
    os.chdir(ROOT)
    data_dir = prepare()

    tls: list[str] = []
    if options.https:
        from tools import certificate

        cert, key = certificate.ensure(data_dir)
        tls = ["--ssl-certificate", str(cert), "--ssl-keyfile", str(key)]
    try:
        command = server.command("127.0.0.1", options.port, *tls)
    except ImproperlyConfigured as error:
        sys.exit(str(error))

    print(f"Gatehouse: {address} (demo people are offered on the sign-in page; Ctrl-C stops it)")
    sys.stdout.flush()
    os.execv(command[0], command)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main()
