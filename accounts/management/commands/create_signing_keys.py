"""Make the first set of signing keys: what a new server needs before anything else starts."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import keys
from accounts.conf import conf


class Command(BaseCommand):
    help = "Make the first signing key in SIGNING_KEYS_FILE. An existing file is left alone."

    # They would refuse to go on without keys.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--print", action="store_true", help="print the set, write no file")

    def handle(self, *args: Any, **options: Any) -> None:
        ring = keys.Ring([keys.new_key("active")])
        path = conf.signing_keys_file
        if options["print"]:
            self.stdout.write(ring.dump())
        elif path.exists():
            self.stdout.write(f"{path} exists: rotate_signing_key changes the key.")
        elif not path.parent.is_dir():
            raise CommandError(f"There is no folder {path.parent}.")
        else:
            keys.write(ring, path, overwrite=False)
            self.stdout.write(f"signing with {ring.active.kid}")
