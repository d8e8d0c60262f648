"""Part `paired`: CPU a request in process, Gatehouse and each peer back to back."""

from contextlib import ExitStack
from typing import Any

from bench import amount, goals
from bench.paired import Block, Comparison, compare
from bench.peers import DOCUMENTED
from bench.workers import Worker

ROUNDS, SIZE = amount((24, 80), (2, 5))
REFUSALS = ("bad signature", "expired", "8 KB")
HEAD = ["A", "B", "A, µs", "B, µs", "A / B", "quartiles", "wall"]


def row(a: str, b: str, found: Comparison) -> list[str]:
    ratio = found.ratio
    return [
        a,
        b,
        f"{found.a:.0f}",
        f"{found.b:.0f}",
        f"**{ratio.median:.2f}**",
        f"{ratio.low:.2f} to {ratio.high:.2f}",
        f"{found.wall_ratio:.2f}",
    ]


def pair(a: Block, b: Block) -> Comparison:
    return compare(a, b, rounds=ROUNDS, size=SIZE)


def measure() -> dict[str, Any]:
    with ExitStack() as stack:
        same = stack.enter_context(Worker("same"))
        es256 = stack.enter_context(Worker("same", "ES256"))
        own = same.block("me")
        kept, goal = protection(same)
        tables = [kept, neighbours(same), refusals(same, es256)]
        rows = []
        for key, peer in DOCUMENTED.items():
            with Worker(key) as other:
                found = pair(other.block("me"), own)
            rows.append(row(peer.name, "Gatehouse", found))
        caption = "Each as its own documentation sets it up, in a project of its own"
        tables.append({"caption": caption, "head": HEAD, "rows": rows})
    return {"tables": tables, "goals": [goal]}


def protection(same: Worker) -> tuple[dict[str, Any], dict[str, Any]]:
    own = same.block("me")
    rows = [row("`/api/me`", "`/api/me` (control)", pair(own, same.block("me again")))]
    unprotected = same.block("me open")
    found = pair(unprotected, own)
    rows.append(row("authentication off", "`/api/me`", found))
    forgetful = pair(unprotected, same.block("me without cache"))
    rows.append(row("authentication off", "without cache", forgetful))
    caption = (
        "What protection leaves: the same view in the same stack with authentication off (A) and "
        "on (B); A / B is the part of the speed that is kept"
    )
    what = "speed of the unprotected view that `/api/me` keeps"
    goal = goals.at_least(what, found.ratio.median, 0.88)
    return {"caption": caption, "head": HEAD, "rows": rows}, goal


def neighbours(same: Worker) -> dict[str, Any]:
    rows = []
    for peer, ours in (
        ("dj-rest-auth", "me"),
        ("simplejwt", "me"),
        ("simplejwt-stateless", "me"),
        ("simplejwt-stateless", "me bearer"),
    ):
        found = pair(same.block(peer), same.block(ours))
        credential = "Bearer" if "bearer" in ours else "cookie"
        rows.append(row(DOCUMENTED[peer].name, f"Gatehouse, {credential}", found))
    caption = "In the same middleware stack (Gatehouse's), peers with HS256, Gatehouse with ES256"
    return {"caption": caption, "head": HEAD, "rows": rows}


def refusals(same: Worker, es256: Worker) -> dict[str, Any]:
    rows = []
    for alg, worker in (("ES256", es256), ("HS256", same)):
        for refusal in REFUSALS:
            found = pair(worker.block(f"simplejwt {refusal}"), worker.block(refusal))
            rows.append(row(f"simplejwt, {alg}: {refusal}", "Gatehouse, ES256", found))
    caption = "A refused token, in the same middleware stack, 401 and its log line included"
    return {"caption": caption, "head": HEAD, "rows": rows}
