"""Serve the application: what a service manager starts."""

import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connections

from accounts.metrics import counts
from project import server, startup


class Command(BaseCommand):
    help = (
        "Serve with granian, on plain http for a proxy on this machine, until SIGTERM. SIGHUP "
        "replaces the workers. Refuses to start on unsafe settings, naming each."
    )
    requires_system_checks = ()  # run below, and told in one line each

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address (default: %(default)s)")
        parser.add_argument("--port", type=int, default=8000, help="port (default: %(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        startup.refuse_unsafe()
        connections.close_all()
        counts.forget()
        command = server.command(options["host"], options["port"])
        self.stdout.flush()
        # Becomes granian: signals and the exit status are the server's own.
        os.execv(command[0], command)  # noqa: S606 - no shell is wanted
