"""What /learn/refresh shows of a session: its row as it stands, and what was judged about it."""

from typing import Any

from accounts import errors
from accounts.models import Session
from accounts.sessions.judgement import Verdict
from lab.instrument import Call
from lab.models import Bench


def verdict_of(calls: list[Call]) -> str:
    """What `judge` said last; empty if the token never got to it."""
    said = [call.result for call in calls if call.name == "accounts.sessions.judgement.judge"]
    return said[-1].value if said and isinstance(said[-1], Verdict) else ""


def session_of(bench: Bench, run: str) -> str:
    found = bench.held.filter(run=run, kind="session").order_by("-at").first()
    if found is None:
        raise errors.NotFound("this run has no session")
    return found.text


def row(bench: Bench, run: str) -> dict[str, Any]:
    """The session's row as it stands in the table now, without hashes."""
    session = Session.objects.get(id=session_of(bench, run))
    return {
        "id": session.id,
        "generation": session.generation,
        "previous_generation": session.previous_generation,
        "confirmed": session.confirmed_at is not None,
        "ended": session.ended_at is not None,
        "end_reason": session.end_reason,
    }
