"""How deep generated tests dig: `./run test --all` goes deep once, not once for each engine."""

import os

DEEP = os.environ.get("GATEHOUSE_TEST_ALL") == "1"


def examples(quick: int, deep: int, *, engine: str) -> int:
    """How many examples to try: `deep` of them on the `engine` where it is worth most."""
    on_postgres = "GATEHOUSE_TEST_DATABASE_URL" in os.environ  # tests/conftest.py has set it
    return deep if DEEP and on_postgres == (engine == "postgres") else quick
