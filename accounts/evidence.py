"""Describe what a person has proven, so that one place can decide whether it is enough.

Whoever checks a credential says here what it was. `sessions.start` and step-up judge it, and the
session's row and its access tokens say it on: `amr` (RFC 8176), `acr` and `auth_time`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

# What `acr` says, from weak to strong: one factor, two factors, two that no false page can ask for.
ONE, TWO, PHISHING_RESISTANT = "1", "2", "3"
LEVELS = (ONE, TWO, PHISHING_RESISTANT)


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One thing that was proven: how, how strong that is, and how many seconds ago.

    `how` is `password`, `oidc` (an identity provider), `passkey`, `totp` or `recovery`. A code
    (`totp`, `recovery`) never stands alone: it comes beside a password or in a session.
    `credential` names what it was proven with, where that can be taken away. The sessions that
    began with it end then.
    `use_up` is called in the transaction that accepts the evidence, where something works only
    once. It raises InvalidCredentials if that was used meanwhile.
    """

    how: str
    amr: tuple[str, ...]
    acr: str = ONE
    age: float = 0.0
    credential: str = ""
    use_up: Callable[[], None] | None = None


BY_PASSWORD = (Evidence(how="password", amr=("pwd",)),)


def is_value(text: str) -> bool:
    """Return whether this can stand in `amr`: one short word."""
    return text.isascii() and text.isalnum() and len(text) <= 16


def level(evidence: Iterable[Evidence]) -> str:
    """Return the `acr` of all of it together."""
    return max(one.acr for one in evidence)


def values(evidence: Iterable[Evidence]) -> list[str]:
    """Return the `amr` of all of it together, sorted."""
    found = {word for one in evidence for word in one.amr}
    if level(evidence) != ONE:
        found.add("mfa")
    return sorted(found)
