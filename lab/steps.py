"""The eight steps, with what carries each: functions, standards, and the tests of their modules.

The one list behind the flow page and the map, so neither can name a function that is gone.
"""

import ast
from dataclasses import dataclass
from functools import cache

from lab import sources
from lab.sources import ROOT, Source


@dataclass(frozen=True)
class Step:
    """One of the eight. `shown` are names in lab.sources, the most telling one first; `tested`
    are words in the names of its test files."""

    number: int
    title: str
    who: str
    shown: tuple[str, ...]
    cited: tuple[tuple[str, str], ...]
    tested: tuple[str, ...]

    @property
    def sources(self) -> list[Source]:
        return [sources.find(name) for name in self.shown]

    @property
    def tests(self) -> list[tuple[str, int]]:
        """The test files whose names speak of this step, and how many tests each has."""
        return [
            (file, count)
            for file, count in test_files().items()
            if any(word in file.rpartition("/")[2] for word in self.tested)
        ]


@cache
def test_files() -> dict[str, int]:
    """Every test file with the number of its tests; none where tests are not deployed."""
    found = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        count = sum(isinstance(n, ast.FunctionDef) and n.name.startswith("test_") for n in nodes)
        found[str(path.relative_to(ROOT))] = count
    return found


STEPS = (
    Step(
        1,
        "Client authentication",
        "Browser",
        ("gatehouse/session.js#signIn", "gatehouse/http.js#exchange"),
        (("RFC 10017", ""), ("Fetch Metadata", "")),
        ("login", "sign_in", "csrf"),
    ),
    Step(
        2,
        "Server verification",
        "Authentication server",
        ("accounts.credentials.verification.verify", "accounts.credentials.budgets.spend"),
        (("ASVS", ""),),
        ("sign_in", "throttling", "budget", "password"),
    ),
    Step(
        3,
        "JWT issuance",
        "Authentication server",
        ("accounts.tokens.signing.issue", "accounts.sessions.session.start"),
        (("RFC 9068", "2"), ("RFC 7519", "4.1")),
        ("claims", "keys", "issue"),
    ),
    Step(
        4,
        "Token delivery",
        "Authentication server",
        ("accounts.web.cookies.set_tokens", "accounts.web.views.sign_in.LoginView"),
        (("RFC 10017", ""), ("RFC 6265bis", "")),
        ("cookie", "login"),
    ),
    Step(
        5,
        "Secure storage",
        "Browser",
        ("js/lab/observe.js#storages", "accounts.web.middleware.CookieHygiene"),
        (("Layered cookies", ""),),
        ("cookie", "storage"),
    ),
    Step(
        6,
        "API request",
        "Browser",
        ("accounts.web.csrf.failure", "gatehouse/request.js#call"),
        (("Fetch Metadata", ""), ("RFC 6750", "2")),
        ("csrf", "authentication", "test_me", "test_notes"),
    ),
    Step(
        7,
        "Validation",
        "API server",
        (
            "accounts.web.authentication.authenticate_token",
            "accounts.tokens.signing.RingBackend.decode",
            "accounts.tokens.signing.RingBackend.key_for",
            "accounts.tokens.signing.RingBackend.check_signature",
            "accounts.sessions.revocation.check",
        ),
        (("RFC 8725", "3"), ("RFC 9068", "4")),
        ("token_", "authentication", "revocation"),
    ),
    Step(
        8,
        "Expiry and refresh",
        "Both sides",
        (
            "accounts.sessions.rotation.rotate",
            "accounts.sessions.judgement.judge",
            "gatehouse/session.js#renewInTurn",
        ),
        (("RFC 9700", "4.14.2"), ("Web Locks", "")),
        ("sessions_", "refresh", "session_"),
    ),
)
