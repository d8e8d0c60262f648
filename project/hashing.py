"""Hash passwords at a lower priority than requests are answered.

Linux gives each thread a priority of its own, and lets nobody raise it again. So the hash has a
thread, and the request's thread waits for it. Nothing else runs there, and no query.
How many may hash or wait is limited in accounts.credentials.hashing.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher

# Argon2's eight lanes together weigh half of one thread that answers requests (sched(7)).
NICE = 12


def lower_priority() -> None:
    """Have this thread, and those that it starts, run after the others where cores are scarce."""
    with suppress(OSError):  # forbidden here: a container's or systemd's filter
        os.nice(NICE)


# Elsewhere the whole process would have that priority. Beside other programs that want the same
# cores (GATEHOUSE_PIN=0) a hash would wait for them too, and a sign-in take seconds.
lower = settings.PIN and sys.platform == "linux"
thread = ThreadPoolExecutor(1, initializer=lower_priority if lower else None)


class Argon2(Argon2PasswordHasher):
    """Django's own, in that thread."""

    def encode(self, password: str, salt: str) -> str:
        return thread.submit(super().encode, password, salt).result()

    def verify(self, password: str, encoded: str) -> bool:
        return thread.submit(super().verify, password, encoded).result()
