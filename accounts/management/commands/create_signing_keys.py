"""Make the first set of signing keys, which a new server needs before anything else starts."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ...conf import conf
from ...tokens import key_store, keys


class Command(BaseCommand):
    help = (
        "Make the first signing key in SIGNING_KEYS_FILE. An existing file is left alone. The key "
        "and the revocation counter are written into the `.gitignore` of their folders."
    )

    # The checks would refuse to go on without keys.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--print", action="store_true", help="print the set, write no file")

    def handle(self, *args: Any, **options: Any) -> None:
        path = conf.signing_keys_file
        if options["print"]:
            self.stdout.write(keys.Ring([keys.new_key("active")]).dump())
        elif path.exists():
            self.stdout.write(f"{path} exists: rotate_signing_key changes the key.")
        elif not path.parent.is_dir():
            raise CommandError(f"There is no folder {path.parent}.")
        else:
            keep_out_of_git(path.parent, path.name, f"{path.name}.lock", f".{path.name}.*")
            if conf.revocation_counter.parent.is_dir():
                keep_out_of_git(conf.revocation_counter.parent, conf.revocation_counter.name)
            key_store.create(path)
            ring = keys.Ring.parse(path.read_text(encoding="utf-8"))
            self.stdout.write(f"signing with {ring.active.kid}")


def keep_out_of_git(folder: Path, *names: str) -> None:
    """Name these files in the folder's `.gitignore`: `git add -A` would publish a private key.

    Make that file where there is none. Leave other lines as they are.
    """
    path = folder / ".gitignore"
    before = path.read_text(errors="surrogateescape") if path.exists() else ""
    missing = [line for name in names if (line := f"/{name}") not in before.splitlines()]
    if missing:
        start = before if not before or before.endswith("\n") else f"{before}\n"
        path.write_text(start + "".join(f"{line}\n" for line in missing), encoding="utf-8")
