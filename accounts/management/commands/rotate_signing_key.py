"""Change the key that signs without signing anyone out, or drop a leaked key."""

import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ... import files, sessions, signals
from ...conf import conf
from ...models import Session
from ...tokens import key_store, keys
from ..arguments import between


class Command(BaseCommand):
    help = (
        "Publish a new signing key, wait until every server has picked it up, then sign with it. "
        "With keys from the environment, print the new set instead."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--wait",
            type=between(0, 86400),
            default=10,
            metavar="SECONDS",
            help="time between publishing and activating (default: %(default)s)",
        )
        parser.add_argument(
            "--drop",
            metavar="KID",
            help="withdraw a leaked key at once and end every session that used it",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if conf.signing_keys:
            self.print_new_set(options["drop"])
        elif options["drop"]:
            with alone():
                self.drop(options["drop"])
        else:
            self.rotate(options["wait"])

    def rotate(self, wait: int) -> None:
        with alone():
            ring = key_store.ring().with_next()
            key_store.write(ring, conf.signing_keys_file)
        (kid,) = [kid for kid, key in ring.by_kid.items() if key.status == "next"]
        self.stdout.write(f"published the next key, waiting {wait} s")
        # Servers look at the file each second. Caches of the JWKS need longer. The lock is not held
        # meanwhile, so that a leaked key can be dropped.
        time.sleep(wait)
        with alone():
            self.activate(kid)
        self.stdout.write(f"signing with {kid}")

    def activate(self, kid: str) -> None:
        """Sign with the key that was published.

        Raise CommandError if it was withdrawn or retired meanwhile.
        """
        ring = key_store.ring()
        status = ring.by_kid[kid].status if kid in ring.by_kid else "withdrawn"
        if status == "next":
            key_store.write(activated(ring), conf.signing_keys_file)
        elif status != "active":  # which it is where its predecessor was dropped meanwhile
            raise CommandError(
                f"The key {kid} was {status} during the wait. Nothing was changed: "
                f"{ring.active.kid} signs. Run the command again for another key."
            )

    def drop(self, kid: str) -> None:
        ring = self.ring_without(kid)
        key_store.write(ring, conf.signing_keys_file)
        self.end_sessions(kid)
        self.stdout.write(f"dropped {kid}, signing with {ring.active.kid}")

    def print_new_set(self, drop: str | None) -> None:
        if drop:
            ring = self.ring_without(drop)
            self.end_sessions(drop)
        else:
            ring = key_store.ring()
            ring = activated(ring) if ring.next else ring.with_next()
        self.stdout.write(ring.dump())
        self.stderr.write("Set GATEHOUSE_SIGNING_KEYS to this on every server, then restart.")

    def ring_without(self, kid: str) -> keys.Ring:
        if kid not in key_store.ring().by_kid:
            raise CommandError(f"No key has the kid {kid}.")
        return key_store.ring().without(kid)

    def end_sessions(self, kid: str) -> None:
        ended = sessions.end(Session.objects.filter(signing_kids__contains=kid), "key_dropped")
        signals.tell("key_dropped", detail={"kid": kid, "sessions": ended})
        self.stderr.write(f"ended {ended} sessions")


@contextmanager
def alone() -> Iterator[None]:
    """Let one command at a time change the key file, and read the file anew inside.

    Two commands at once would lose a key.
    """
    with files.alone(conf.signing_keys_file):
        key_store.reset()  # whoever held the lock before has changed the file
        yield


def activated(ring: keys.Ring) -> keys.Ring:
    longest = max(conf.lifetimes(remember=True)[1], conf.access_seconds)
    return ring.activated(int(time.time()), longest)
