"""Turns what the server saw into what a page may show: facts without anything one could replay.

Of a token: header and claims, never the signature, and of a refresh token not its `key`. Of a
cookie: name, attributes and length. Of a request: which headers came, not the CSRF token.
"""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.hashers import get_hasher
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.tokens import jws
from lab.instrument import Call

SHOWN_HEADERS = ("Origin", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest", "Content-Type")
ATTRIBUTES = ("Max-Age", "Path", "Domain", "SameSite", "Secure", "HttpOnly")


def token(text: str) -> dict[str, Any]:
    """Header, claims and length of a token, verified or not; or why there are none."""
    try:
        parsed = jws.parse(text)
        claims = parsed.claims()
    except jws.Malformed as error:
        return {"malformed": str(error), "length": len(text)}
    if "key" in claims:
        claims["key"] = "(the session's secret, not shown)"
    return {"header": parsed.header, "claims": claims, "length": len(text)}


def received(request: HttpRequest) -> dict[str, Any]:
    """What came with a request, apart from its body."""
    headers = {name: request.headers[name] for name in SHOWN_HEADERS if name in request.headers}
    if "X-CSRFToken" in request.headers:
        headers["X-CSRFToken"] = "(present)"
    if "Authorization" in request.headers:
        headers["Authorization"] = "(present)"
    raw = request.META.get("HTTP_COOKIE", "")
    # Over HTTP/2 a browser sends each cookie by itself; what joins them leaves the space out.
    cookies = [pair.strip().partition("=") for pair in raw.split(";") if pair.strip()]
    return {
        "headers": headers,
        "cookies": [{"name": name, "length": len(value)} for name, _, value in cookies],
    }


def sent(response: HttpResponseBase) -> dict[str, Any]:
    """What went out with the answer, apart from its body."""
    cookies = []
    for name, morsel in response.cookies.items():
        found = {attribute: morsel[attribute.lower()] for attribute in ATTRIBUTES}
        kept = {key: value for key, value in found.items() if value not in ("", False)}
        cookies.append({"name": name, "length": len(morsel.value), "attributes": kept})
    shown = ("Clear-Site-Data", "WWW-Authenticate", "Retry-After", "Cache-Control")
    headers = {name: response[name] for name in shown if name in response}
    return {"cookies": cookies, "headers": headers}


def _issued(call: Call) -> dict[str, Any]:
    session = call.result.session
    return {
        "session": {
            "id": session.id,
            "generation": session.generation,
            "client": session.client,
            "idle_expires_at": session.idle_expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "absolute_expires_at": session.absolute_expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
        "access": token(call.result.access),
        "refresh": token(call.result.refresh),
    }


def _spent(call: Call) -> dict[str, Any]:
    budgets = call.arguments[0]
    return {"budgets": [f"{one.name}: {one.limit} in {one.seconds} s" for one in budgets]}


def _judged(call: Call) -> dict[str, Any]:
    session, generation, _ = call.arguments
    row = {"row": session.generation, "previous": session.previous_generation}
    return {"verdict": call.result.value, "presented": generation, **row}


def _csrf(call: Call) -> dict[str, Any]:
    safe = call.arguments[0].method in ("GET", "HEAD", "OPTIONS")
    passed = "Sec-Fetch-Site is same-origin, Origin is ours, X-CSRFToken matches the cookie"
    return {"reason": "a safe method changes nothing" if safe else passed}


# Facts of a call that returned; of one that raised, its cause is the fact.
FACTS: dict[str, Callable[[Call], dict[str, Any]]] = {
    "accounts.credentials.verification.verify": lambda call: {"hasher": get_hasher().algorithm},
    "accounts.credentials.budgets.spend": _spent,
    "accounts.sessions.session.start": lambda call: {"session": _issued(call)["session"]},
    "accounts.sessions.rotation.rotate": lambda call: {"session": _issued(call)["session"]},
    "accounts.sessions.judgement.judge": _judged,
    "accounts.tokens.signing.issue": _issued,
    "accounts.web.csrf.check": _csrf,
    "accounts.tokens.signing.RingBackend.key_for": lambda call: {"alg": call.result[0]},
    "accounts.sessions.session.confirm": lambda call: {"generation": call.arguments[1]},
}


def steps(calls: list[Call], began: float) -> list[dict[str, Any]]:
    """The calls in the order in which they began, with how deep each was inside another."""
    calls = sorted(calls, key=lambda call: call.began)
    found = []
    for call in calls:
        inside = [
            one
            for one in calls
            if one is not call
            and call.began <= one.began
            and one.began + one.seconds <= call.began + call.seconds
        ]
        depth = sum(
            one.began <= call.began and call.began + call.seconds <= one.began + one.seconds
            for one in calls
            if one is not call
        )
        facts = FACTS[call.name](call) if call.error is None and call.name in FACTS else {}
        if call.name == "accounts.tokens.signing.verify_access":
            facts["from_memory"] = not any(one.name.endswith(".decode") for one in inside)
        found.append(
            {
                "name": call.name,
                "at": round((call.began - began) * 1000, 2),
                "ms": round(call.seconds * 1000, 2),
                "depth": depth,
                "refused": type(call.error).__name__ if call.error else "",
                "cause": str(call.error) if call.error else "",
                "facts": facts,
            }
        )
    return found


def server_timing(steps: list[dict[str, Any]], seconds: float) -> str:
    """The same durations as a standard header, for the browser's own tools."""
    named = [f"{step['name'].removeprefix('accounts.')};dur={step['ms']}" for step in steps]
    return ", ".join([f"total;dur={seconds * 1000:.1f}", *named])
