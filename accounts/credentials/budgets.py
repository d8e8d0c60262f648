"""Count failures against budgets: exact counters in SQL that all workers share.

Only failures count. A sign-in reserves its place before the password is hashed and gives it back
when it succeeds, so that parallel guesses cannot pass the limit together. Past the limit the
answer is the same for known and unknown addresses. A window starts with its first failure.
Bad tokens are counted in memory and written in bundles, so that a flood of forgeries is no flood of
writes.
"""

import hashlib
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.http import HttpRequest

from .. import callers, subjects
from ..conf import LEEWAY_SECONDS
from ..errors import Throttled
from ..models import FailureCount


@dataclass(frozen=True)
class Budget:
    """Allow `limit` failures in `seconds` for one `subject`, whom the key does not reveal.

    Without a subject nothing is counted. Strangers whose network is unknown would share the budget,
    and one of them could keep out all others.
    `email` is the address that the counter belongs to, if it is one person's.
    """

    name: str
    subject: str
    limit: int
    seconds: int
    email: str = ""

    @property
    def key(self) -> str:
        return _hash(f"{self.name}\0{self.subject}")

    @property
    def owner(self) -> str:
        return owner_of(self.email) if self.email else ""


def owner_of(email: str) -> str:
    """Return the key by which all counters of this address are found."""
    return _hash(f"e-mail\0{email}")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def sign_in_budgets(request: HttpRequest, name: str) -> list[Budget]:
    """Return the budgets for a sign-in by this name, in whichever spelling it was typed."""
    network, name = callers.network_of(request), subjects.folded(name)
    return [
        Budget("sign-in e-mail and network", network and f"{name}\0{network}", 10, 600, name),
        Budget("sign-in e-mail", name, 30, 600, name),
        Budget("sign-in network", network, 100, 600),
    ]


def check(budgets: Iterable[Budget]) -> None:
    """Raise Throttled if one of the budgets is used up. Change nothing."""
    for budget in budgets:
        used_up = FailureCount.objects.filter(key=budget.key, count__gte=budget.limit)
        found = used_up.annotate(now=Now()).first()
        if found is None:
            continue
        now, ends = int(found.now.timestamp()), found.started_at + budget.seconds
        # A window from the future is over: the clock has stepped back.
        if now < ends and found.started_at <= now + LEEWAY_SECONDS:
            raise Throttled(budget.name, wait=ends - now)


def spend(budgets: list[Budget]) -> list[str]:
    """Charge every budget. Return the names of budgets that this call used up.

    Raise Throttled, and charge none, if one is already used up.
    """
    taken, used_up = [], []
    for budget in budgets:
        count, started_at, now = _add(budget, 1)
        taken.append(budget)
        if count > budget.limit:
            give_back(taken)
            raise Throttled(budget.name, wait=started_at + budget.seconds - now)
        if count == budget.limit:
            used_up.append(budget.name)
    return used_up


def give_back(budgets: list[Budget]) -> None:
    """Undo `spend`, because what it was reserved for did not fail."""
    for budget in budgets:
        charged = FailureCount.objects.filter(key=budget.key, count__gte=1)
        charged.update(count=F("count") - 1)


def clear(email: str) -> None:
    """Forget what was counted for this address, in all networks.

    Its owner has proven who they are in another way. What was counted for a network stays, because
    others use the network too.
    """
    FailureCount.objects.filter(owner=owner_of(email)).delete()


TABLE = FailureCount._meta.db_table
CLOCKS = {
    "sqlite": "CAST(STRFTIME('%%s', 'NOW') AS INTEGER)",
    "postgresql": "CAST(EXTRACT(EPOCH FROM STATEMENT_TIMESTAMP()) AS BIGINT)",
}


def _add(budget: Budget, amount: int) -> tuple[int, int, int]:
    """Charge a budget. Return its count, the start of its window, and the database's time."""
    if not budget.subject:
        return (0, 0, 0)
    over = "excluded.started_at NOT BETWEEN kept.started_at - %s AND kept.started_at + %s - 1"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {TABLE} AS kept (key, owner, started_at, count)"  # noqa: S608  (ours alone)
            f" VALUES (%s, %s, {CLOCKS[connection.vendor]}, %s) ON CONFLICT (key) DO UPDATE SET"
            f" count = CASE WHEN {over} THEN excluded.count"
            "  ELSE kept.count + excluded.count END,"
            f" started_at = CASE WHEN {over} THEN excluded.started_at"
            "  ELSE kept.started_at END"
            f" RETURNING count, started_at, {CLOCKS[connection.vendor]}",
            [budget.key, budget.owner, amount, *(LEEWAY_SECONDS, budget.seconds) * 2],
        )
        found: tuple[int, int, int] = cursor.fetchone()
        return found


# Bad tokens and refused refreshes: 300 a minute for a network, counted in bundles of 20.
BAD_TOKEN_LIMIT = 300
BUNDLE = 20
_pending: dict[str, tuple[int, float]] = {}
_pending_lock = threading.Lock()


def count_bad_token(request: HttpRequest) -> None:
    """Count one bad token. Raise Throttled if the network's budget is used up."""
    network = callers.network_of(request)
    if not network:
        return
    now = time.monotonic()
    with _pending_lock:
        if len(_pending) > 10_000:
            _pending.clear()  # loses parts of bundles, but nothing that was written
        count, blocked_until = _pending.get(network, (0, 0.0))
        if now < blocked_until:
            raise Throttled("bad tokens", wait=round(blocked_until - now))
        _pending[network] = ((count + 1) % BUNDLE, 0.0)
    if count + 1 < BUNDLE:
        return
    budget = Budget("bad tokens", network, BAD_TOKEN_LIMIT, 60)
    counted, started_at, database_now = _add(budget, BUNDLE)
    if counted >= budget.limit:
        left = max(1, started_at + budget.seconds - database_now)
        with _pending_lock:
            _pending[network] = (0, now + left)


def reset() -> None:
    """Forget the bundles, as a new process would."""
    _pending.clear()
