"""One stack in one process: told on its standard input what to measure, it says what that cost.

Started by bench.workers, which names the stack, its settings and its folder.
"""

import os
import sys

import django
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command


def main(stack: str) -> None:
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    django.setup()
    call_command("migrate", verbosity=0)
    from bench import calls

    application = WSGIHandler()
    targets = targets_of(stack)
    blocks = {name: calls.block(application, target) for name, target in targets.items()}
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)  # from here on logs are written, and read by nobody
    print(*blocks, sep="\t", file=out)
    for line in sys.stdin:
        name, _, count = line.rstrip("\n").rpartition("\t")
        cost = blocks[name](int(count))
        print(cost.cpu, cost.wall, file=out)


def targets_of(stack: str) -> dict:
    """Imported late: the models behind them need Django to be set up."""
    if stack in ("own", "same"):
        from bench.stacks import ours

        return ours.own(ours.sign_in()) if stack == "own" else ours.same()
    from bench.stacks import targets

    return targets.documented()


if __name__ == "__main__":
    main(sys.argv[1])
