"""Part `statements`: the two statements of a refresh by the ORM, and as the package keeps them.

Run as a program it measures one engine, and prints what it found as JSON.
"""

import json
from typing import Any

import django
from django.core.management import call_command

from bench import amount
from bench.paired import compare
from bench.refresh import run, table
from bench.refresh_worker import PASSWORD, block
from tests.servers import Postgres


def measure() -> dict[str, Any]:
    with Postgres() as server:
        urls = {"SQLite": "", "PostgreSQL": server.url}
        found = {
            engine: run(url, "bench.statements", "project.settings") for engine, url in urls.items()
        }
    rows = [
        [engine, f"{one['orm']:.0f}", f"{one['kept']:.0f}", f"{one['ratio']:.1f}"]
        for engine, one in found.items()
    ]
    head = ["engine", "ORM, µs", "kept SQL, µs", "ratio"]
    caption = "Reading a session and moving it one generation on: CPU of the app's thread"
    return {"tables": [table(caption, head, rows)]}


def main() -> dict[str, float]:
    from django.db.models.functions import Now

    from accounts import sessions
    from accounts.models import Session
    from accounts.sessions import rotation
    from accounts.users.models import User

    user = User.objects.create_user("bench@example.com", PASSWORD)
    session_id = sessions.start(
        user, evidence=sessions.BY_PASSWORD, client="web", remember=True
    ).session.id

    def by_orm() -> None:
        query = Session.objects.select_related("user__gatehouse_subject").defer("user__password")
        session = query.annotate(now=Now()).get(id=session_id)
        unmoved = Session.objects.filter(
            id=session_id, generation=session.generation, ended_at=None
        )
        unmoved.update(
            generation=session.generation + 1,
            previous_generation=session.generation,
            idle_expires_at=session.idle_expires_at,
            rotated_at=Now(),
            last_used_at=Now(),
            confirmed_at=None,
        )

    def by_hand() -> None:
        session, _ = rotation.read_row(session_id) or (Session(), None)
        rotation.update_row(session, session.idle_expires_at, past=False)

    one = compare(block(by_orm), block(by_hand), rounds=amount(24, 3), size=40)
    return {"orm": one.a, "kept": one.b, "ratio": one.ratio.median}


if __name__ == "__main__":
    django.setup()
    call_command("migrate", verbosity=0)
    print(json.dumps(main()))
