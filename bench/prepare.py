"""Makes a peer's database and its person, and prints the headers that sign a request in."""

import json

import django
from django.core.management import call_command

if __name__ == "__main__":
    django.setup()
    call_command("migrate", verbosity=0)
    from bench.stacks.targets import documented

    print(json.dumps(documented()["me"].headers))
