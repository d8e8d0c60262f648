"""Part `paired`: CPU a request in process, Gatehouse and each peer back to back."""

from contextlib import ExitStack
from typing import Any

from bench.paired import Block, Comparison, compare
from bench.workers import Worker

ROUNDS, SIZE = 24, 80
REFUSALS = ("bad signature", "expired", "8 KB")
DOCUMENTED = {
    "session": "DRF with Django's session",
    "dj-rest-auth": "dj-rest-auth, JWT cookie",
    "simplejwt": "simplejwt, default (a user query)",
    "simplejwt-stateless": "simplejwt, stateless",
    "allauth": "allauth headless, JWT",
    "open": "DRF, no authentication",
}
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
        own, bars = same.block("me"), {}
        tables = [protection(same), neighbours(same), refusals(same, es256)]
        rows = []
        for peer, name in DOCUMENTED.items():
            with Worker(peer) as other:
                found = pair(other.block("me"), own)
            rows.append(row(name, "Gatehouse", found))
            bars[name] = found.ratio.median
        caption = "Each as its own documentation sets it up, in a project of its own"
        tables.append({"caption": caption, "head": HEAD, "rows": rows})
    return {"tables": tables, "bars": {"Gatehouse, ES256 cookie": 1.0, **bars}}


def protection(same: Worker) -> dict[str, Any]:
    own = same.block("me")
    rows = [row("`/api/me`", "`/api/me` (control)", pair(own, same.block("me again")))]
    unprotected = same.block("me open")
    for name, block in (("`/api/me`", own), ("without cache", same.block("me without cache"))):
        found = pair(unprotected, block)
        rows.append(row("authentication off", name, found))
    caption = (
        "What protection leaves: the same view in the same stack with authentication off (A) and "
        "on (B); A / B is the part of the speed that is kept"
    )
    return {"caption": caption, "head": HEAD, "rows": rows}


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
        rows.append(row(DOCUMENTED[peer], f"Gatehouse, {credential}", found))
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
