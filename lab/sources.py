"""The code under a lesson, read live from the modules that run: it cannot drift from them.

Only what is named here can be shown. A name is a dotted Python name, or a script of ours, as it is
served below /static/, with the declaration to show: `gatehouse/session.js#renew`.
"""

import inspect
import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]

# Where the scripts below /static/ come from.
FOLDERS = {"js": "static/js", "gatehouse": "accounts/static/gatehouse"}

SHOWN = frozenset(
    {
        "accounts.binding.companion.require",
        "accounts.binding.keys.verify",
        "accounts.binding.step_up.require",
        "accounts.web.authentication.TokenAuthentication",
        "accounts.web.authentication.authenticate_token",
        "accounts.web.cookies.set_tokens",
        "accounts.credentials.verification.verify",
        "accounts.factors.passkeys.server",
        "accounts.factors.totp.use",
        "accounts.web.csrf.check",
        "accounts.web.csrf.failure",
        "accounts.sessions.judgement.judge",
        "accounts.web.middleware.CookieHygiene",
        "accounts.sessions.revocation.check",
        "accounts.sessions.session.confirm",
        "accounts.sessions.rotation.rotate",
        "accounts.sessions.session.start",
        "accounts.sessions.session.why_not_live",
        "accounts.tokens.jws.parse",
        "accounts.credentials.budgets.spend",
        "accounts.tokens.claims.check_types",
        "accounts.tokens.claims.check_values",
        "accounts.tokens.claims.is_over",
        "accounts.tokens.signing.RingBackend.check_signature",
        "accounts.tokens.signing.RingBackend.decode",
        "accounts.tokens.signing.RingBackend.key_for",
        "accounts.tokens.signing.issue",
        "accounts.tokens.signing.verify_access",
        "accounts.web.views.sign_in.LoginView",
        "lab.compare.jwt",
        "lab.compare.plain",
        "lab.redaction.token",
        "lab.tills.metadata",
        "gatehouse/session.js#renewInTurn",
        "gatehouse/session.js#signIn",
        "gatehouse/tabs.js#alone",
        "gatehouse/http.js#exchange",
        "gatehouse/request.js#call",
        "js/lab/attacker.js#look",
        "js/lab/observe.js#storages",
        "js/lab/ride.js#injected",
    }
)


@dataclass(frozen=True)
class Source:
    """A piece of code with its place. `line` is the number of the first line."""

    name: str
    file: str
    line: int
    lines: tuple[str, ...]

    @property
    def label(self) -> str:
        """The short name: without the package, or the function of a script."""
        return self.name.split("#")[-1] if "#" in self.name else self.name.partition(".")[2]

    def numbered(self) -> list[tuple[int, str]]:
        return list(enumerate(self.lines, self.line))


def find(name: str) -> Source:
    """The source of an allowed name; KeyError for any other, LookupError if it is gone."""
    if name not in SHOWN:
        raise KeyError(name)
    return _read(name)


@cache
def _read(name: str) -> Source:
    return _script(name) if "#" in name else _python(name)


def _python(name: str) -> Source:
    found = inspect.unwrap(resolve(name))
    lines, first = inspect.getsourcelines(found)
    file = Path(inspect.getsourcefile(found) or "").resolve().relative_to(ROOT)
    return Source(name, str(file), first, tuple(line.rstrip("\n") for line in lines))


def resolve(name: str) -> Any:
    """What a dotted name stands for; LookupError if it is gone."""
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found: Any = import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:]:
            found = getattr(found, part)
        return found
    raise LookupError(name)


def _script(name: str) -> Source:
    path, _, declared = name.partition("#")
    folder, _, rest = path.partition("/")
    file = f"{FOLDERS[folder]}/{rest}"
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    start = re.compile(rf"(export )?(async )?(function|class|const) {re.escape(declared)}\b")
    for number, line in enumerate(lines):
        if start.match(line):
            # Our style closes a top-level declaration at the start of a line.
            ends = (n for n in range(number, len(lines)) if re.match(r"[}\])]+\)?;?$", lines[n]))
            end = number if line.endswith(";") else next(ends)
            return Source(name, file, number + 1, tuple(lines[number : end + 1]))
    raise LookupError(name)
