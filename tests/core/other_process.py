"""Another server process: reads access tokens from its input and says what each is worth.

The revocation tests start it with their database, data directory and key file. It polls once an hour, so whatever
it learns sooner it has learnt from the counter.
"""

import sys

import django
from django.conf import settings


def main() -> None:
    settings.DATABASES["default"]["NAME"] = sys.argv[1]
    settings.GATEHOUSE["REVOCATION_POLL_SECONDS"] = 3600
    settings.GATEHOUSE["DATA_DIR"], settings.GATEHOUSE["SIGNING_KEYS_FILE"] = sys.argv[2:]
    django.setup()

    from accounts import tokens
    from accounts.errors import Problem
    from accounts.sessions import revocation

    for line in sys.stdin:
        try:
            revocation.check(tokens.verify_access(line.strip()))
            print("accepted", flush=True)
        except Problem as error:
            print(type(error).__name__, flush=True)


if __name__ == "__main__":
    main()
