"""What one run of an experiment leaves behind: its entries in the bench's log, and held tokens.

A page names its run by a random text of its own; everything is bounded and ends with the bench.
"""

import re
from datetime import timedelta
from typing import Any

from django.db.models.functions import Now
from django.http import HttpRequest

from accounts import errors, subjects, tokens
from accounts.conf import override
from accounts.errors import InvalidToken
from lab import benches, profile
from lab.models import Bench, Held

MOST_HELD = 60
LOOT_LIFE = timedelta(minutes=10)
RUN = re.compile(r"[A-Za-z0-9_-]{8,32}", re.ASCII)


def run_of(text: object) -> str:
    """The run's name, if it has the form of one."""
    if not isinstance(text, str) or not RUN.fullmatch(text):
        raise errors.InvalidRequest("no run of that form")
    return text


def person(bench: Bench) -> Any:
    """The bench's own throwaway person."""
    user = subjects.with_sub(bench.person_sub) if bench.person_sub else None
    if user is None:
        raise errors.NotFound("nobody lives at this bench")
    return user


def victim_of(request: HttpRequest) -> tuple[Bench, str]:
    """The bench and the run that an address with `?tag=&run=` names."""
    bench = benches.tagged(request.GET.get("tag", ""))
    if bench is None:
        raise errors.NotFound("no bench of that tag")
    return bench, run_of(request.GET.get("run", ""))


def note(bench: Bench, run: str, kind: str, **data: Any) -> None:
    """Add to what the server saw of this run."""
    benches.note(bench, kind, {"run": run, **data})


def entries(bench: Bench, run: str, kind: str, after: int = 0) -> list[dict[str, Any]]:
    """What the server saw of this run, oldest first."""
    rows = bench.entries.filter(kind=kind, id__gt=after, data__run=run).order_by("id")
    return [{"id": row.id, **row.data} for row in rows]


def hold(bench: Bench, run: str, kind: str, text: str) -> str:
    """Keep a token of the lab; the oldest beyond MOST_HELD go. The handle names it."""
    held = Held.objects.create(bench=bench, run=run, kind=kind, text=text)
    kept = bench.held.order_by("-at").values_list("handle", flat=True)[:MOST_HELD]
    bench.held.exclude(handle__in=list(kept)).delete()
    return held.handle


def held(bench: Bench, run: str, kind: str, handle: object) -> str:
    """The token behind a handle of this very run."""
    found = bench.held.filter(run=run, kind=kind, handle=str(handle)[:32]).first()
    if found is None:
        raise errors.NotFound("no token of that handle")
    return found.text


def loot(bench: Bench, run: str) -> list[str]:
    """The stolen tokens of this run, while the sink remembers them."""
    recent = bench.held.filter(kind="loot", run=run, at__gt=Now() - LOOT_LIFE)
    return list(recent.order_by("at").values_list("text", flat=True))


def is_lab_token(text: str) -> bool:
    """Whether this is a token of the lab: nothing else is ever kept."""
    with override(profile.lab()):
        for verify in (tokens.verify_access, tokens.verify_refresh):
            try:
                verify(text)
            except InvalidToken:
                continue
            return True
    return False
