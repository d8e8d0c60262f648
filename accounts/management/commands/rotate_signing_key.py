"""Change the key that signs, without signing anyone out; or drop a leaked one."""

import fcntl
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import events, keys, sessions
from accounts.conf import conf
from accounts.management.arguments import between
from accounts.models import Session


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
            return
        path = conf.signing_keys_file
        with open(path.with_name(f"{path.name}.lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two rotations at once would lose a key
            keys.reset()  # whoever held the lock before has changed the file
            if options["drop"]:
                self.drop(options["drop"])
            else:
                self.rotate(options["wait"])

    def rotate(self, wait: int) -> None:
        ring = keys.ring().with_next()
        keys.write(ring, conf.signing_keys_file)
        self.stdout.write(f"published the next key, waiting {wait} s")
        time.sleep(wait)  # servers look at the file each second; caches of the JWKS need longer
        ring = activated(ring)
        keys.write(ring, conf.signing_keys_file)
        self.stdout.write(f"signing with {ring.active.kid}")

    def drop(self, kid: str) -> None:
        ring = self.ring_without(kid)
        keys.write(ring, conf.signing_keys_file)
        self.end_sessions(kid)
        self.stdout.write(f"dropped {kid}, signing with {ring.active.kid}")

    def print_new_set(self, drop: str | None) -> None:
        if drop:
            ring = self.ring_without(drop)
            self.end_sessions(drop)
        else:
            ring = keys.ring()
            waiting = any(key.status == "next" for key in ring.by_kid.values())
            ring = activated(ring) if waiting else ring.with_next()
        self.stdout.write(ring.dump())
        self.stderr.write("Set GATEHOUSE_SIGNING_KEYS to this on every server, then restart.")

    def ring_without(self, kid: str) -> keys.Ring:
        if kid not in keys.ring().by_kid:
            raise CommandError(f"No key has the kid {kid}.")
        return keys.ring().without(kid)

    def end_sessions(self, kid: str) -> None:
        ended = sessions.end(Session.objects.filter(signing_kids__contains=kid), "key_dropped")
        events.record("key_dropped", detail={"kid": kid, "sessions": ended})
        self.stderr.write(f"ended {ended} sessions")


def activated(ring: keys.Ring) -> keys.Ring:
    longest = max(conf.lifetimes(remember=True)[1], conf.access_seconds)
    return ring.activated(int(time.time()), longest)
