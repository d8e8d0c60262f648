"""Benches: open, find and clear one browser's place in the lab, and its log.

A bench ends an hour after it was opened, whatever happens on it. Opening one is limited for each
network, and a log keeps its newest entries only: the lab cannot be used to fill the disk.
"""

from datetime import timedelta
from typing import Any

from django.db.models.functions import Now
from django.http import HttpRequest

from accounts import callers, conf, subjects
from accounts.credentials import budgets
from lab import jar, people, profile
from lab.models import Bench, Entry

LIFE = timedelta(hours=1)
MOST_ENTRIES = 200


def find(request: HttpRequest) -> Bench | None:
    """The bench that the browser's cookie names, while it lasts."""
    bench_id = jar.read(request, jar.BENCH)
    if not bench_id:
        return None
    return Bench.objects.filter(id=bench_id[:32], expires_at__gt=Now()).first()


def tagged(tag: str) -> Bench | None:
    """The bench of a public tag: what a hostile page knows of its victim."""
    return Bench.objects.filter(tag=tag[:32], expires_at__gt=Now()).first()


def open_bench(request: HttpRequest, *, with_person: bool) -> Bench:
    """A new bench; Throttled if this network has opened too many."""
    budgets.spend([budgets.Budget("lab bench", callers.network_of(request), 600, 3600)])
    purge()
    bench = Bench(expires_at=Now() + LIFE)
    if with_person:
        bench.person_sub = subjects.of(people.create()).sub
        bench.password = people.hashed()
    bench.save(force_insert=True)
    bench.refresh_from_db()
    return bench


def clear(bench: Bench) -> None:
    """Forget everything about a bench."""
    with conf.override(profile.lab()):
        people.delete(bench.person_sub)
    bench.delete()


def purge() -> None:
    """Clear benches that are over; a few at a time, since somebody waits."""
    for bench in Bench.objects.filter(expires_at__lte=Now())[:20]:
        clear(bench)


def spend_request(request: HttpRequest) -> None:
    """Count one experiment's request; Throttled beyond 600 a minute for a network."""
    budgets.spend([budgets.Budget("lab request", callers.network_of(request), 600, 60)])


def note(bench: Bench, kind: str, data: dict[str, Any], request_id: str = "") -> Entry:
    """Add to the bench's log; the oldest entries beyond MOST_ENTRIES go."""
    entry = Entry.objects.create(bench=bench, kind=kind, data=data, request_id=request_id)
    old = bench.entries.order_by("-id").values_list("id", flat=True)[MOST_ENTRIES:]
    if old:
        bench.entries.filter(id__lte=old[0]).delete()
    return entry


def log(bench: Bench, after: int = 0) -> list[dict[str, Any]]:
    """The entries after that id, oldest first."""
    rows = bench.entries.filter(id__gt=after).order_by("id")
    return [
        {"id": row.id, "kind": row.kind, "request_id": row.request_id, **row.data} for row in rows
    ]
