"""List every variable that Gatehouse reads: its meaning, and its value where it is not set.

`project.env` reads no variable that is not in this list, and `./run docs` makes
docs/reference/settings.md from it. A default of a setting of `accounts` stands there alone
(accounts.conf).
"""

import os
import re
from dataclasses import dataclass
from typing import Any

import accounts.binding.conf
import accounts.federation.conf
import accounts.metrics.conf
import accounts.programs.conf  # noqa: F401  (they declare theirs)
from accounts.conf import OPTIONS


@dataclass(frozen=True)
class Variable:
    """One variable. If it is a `secret`, it is read from `NAME_FILE` too.

    `shown` is what the documentation says of the default where `default` alone would not tell.
    `kind` is the type that `accounts` wants, if the variable is no more than a setting of it.
    """

    name: str
    meaning: str
    default: str = ""
    in_demo: str | None = None
    shown: str = ""
    secret: bool = False
    kind: Any = None


def _option(name: str, *, secret: bool = False) -> Variable:
    """Return the variable for a setting of `accounts`, with its meaning and default from there."""
    option = OPTIONS[name]
    default = option.default
    if isinstance(default, tuple):
        default = ",".join(default)
    text = str(int(default) if isinstance(default, bool) else default)
    return Variable(f"GATEHOUSE_{name}", option.meaning, text, secret=secret, kind=option.kind)


_ALL = (
    Variable(
        "GATEHOUSE_MODE",
        "`demo` (answers on this machine only), `class` (a room of learners on the local network) "
        "or `production`; both refuse to start on unsafe settings, naming each",
        "production",
        shown="`production`; `./run` sets `demo`, and `./run --class` sets `class`",
    ),
    Variable("GATEHOUSE_DATA_DIR", "where local files go", "var"),
    Variable(
        "GATEHOUSE_SECRET_KEY",
        "Django's key, of 50 random characters or more",
        shown="made in demo, required in production",
        secret=True,
    ),
    Variable(
        "GATEHOUSE_SECRET_KEY_FALLBACKS",
        "former keys of Django, with commas between them, until `renew_totp_secrets` has run",
        secret=True,
    ),
    Variable(
        "GATEHOUSE_SIGNING_KEYS",
        "the private JWK Set. As `GATEHOUSE_SIGNING_KEYS_FILE`, running servers notice a change",
        shown="made in demo, required in production",
        secret=True,
    ),
    Variable(
        "GATEHOUSE_DATABASE_URL",
        "`sqlite:///path` or `postgres://user:password@host/name`, with `#`, `?` and `%` of a path "
        "or a password as `%23`, `%3F` and `%25`",
        shown="SQLite in the data directory",
        secret=True,
    ),
    Variable(
        "GATEHOUSE_HOSTS",
        "the app's hosts, with commas between them",
        in_demo="localhost",
        shown="`localhost` in demo, required in production",
    ),
    _option("TRUSTED_PROXIES"),
    Variable(
        "GATEHOUSE_LAB_HOSTS",
        "hosts of the lab's victim site; empty: no lab",
        in_demo="app.demo.localhost",
        shown="`app.demo.localhost` in demo, none in production",
    ),
    Variable(
        "GATEHOUSE_HOSTILE_HOSTS",
        "hosts of the lab's attackers: another site first, then a sibling of the victim",
        in_demo="127.0.0.1,evil.demo.localhost",
        shown="`127.0.0.1,evil.demo.localhost` in demo, none in production",
    ),
    Variable(
        "GATEHOUSE_ISSUER",
        "the app's own address, which is `iss` of every token: scheme, host in lower case, "
        "perhaps a port. In production `https`, and a host of `GATEHOUSE_HOSTS`",
        shown="the address of `./run` in demo, required in production",
    ),
    _option("AUDIENCE"),
    _option("ACCESS_SECONDS"),
    _option("IDLE_SECONDS"),
    _option("ABSOLUTE_SECONDS"),
    _option("GRACE_SECONDS"),
    _option("REVOCATION_POLL_SECONDS"),
    _option("API_CLIENTS"),
    _option("PERSONAL_TOKEN_DAYS"),
    _option("SECOND_FACTOR"),
    _option("BINDING"),
    _option("REQUIRE_BINDING"),
    _option("METRICS_TOKEN", secret=True),
    Variable(
        "GATEHOUSE_EMAIL_URL",
        "the mail server: `smtp://user:password@host:587/?tls=1`, `smtps://user:password@host`, "
        "`file:` or `console:`, percent-encoded likewise; in the query `tls` is 1 or 0, and `from` "
        "the sender. Production refuses files, the console, and a server on another machine "
        "without TLS",
        shown="files in demo, no mail in production",
        secret=True,
    ),
    _option("OIDC_ISSUER"),
    _option("OIDC_CLIENT_ID"),
    _option("OIDC_CLIENT_SECRET", secret=True),
    _option("OIDC_NAME"),
    _option("OIDC_TRUST_EMAIL"),
    Variable("GATEHOUSE_WORKERS", "server processes", shown="one for each core, at least 2"),
    Variable(
        "GATEHOUSE_THREADS",
        "threads in each process, in production 3 or more; sign-ins wait in all but two of them",
        "64",
    ),
    Variable(
        "GATEHOUSE_PIN",
        "1 or 0: whether each process keeps to a core of its own, and hashes passwords at a lower "
        "priority. It does where there are cores enough, and no quota of CPU time. Set 0 where "
        "other programs want the same cores, such as a second server with another data directory",
        "1",
    ),
)
VARIABLES = {variable.name: variable for variable in _ALL}


# What Kubernetes sets beside a Service that is called `gatehouse` or `gatehouse-...`.
_OF_A_SERVICE = re.compile(r"_SERVICE_(HOST|PORT)|_PORT(_\d+_(TCP|UDP|SCTP)|$)")


def is_known(name: str) -> bool:
    """Return whether something reads the variable, or somebody else has put it there."""
    if name.endswith("_FILE") and name.removesuffix("_FILE") in VARIABLES:
        return VARIABLES[name.removesuffix("_FILE")].secret
    ours = name in VARIABLES or name.startswith("GATEHOUSE_TEST_")
    return ours or bool(_OF_A_SERVICE.search(name))


def default(name: str) -> str:
    """Return what the variable is where nobody sets it. Raise KeyError if it is not listed."""
    if name.endswith("_FILE") and VARIABLES[name.removesuffix("_FILE")].secret:
        return ""
    variable = VARIABLES[name]
    demo = os.environ.get("GATEHOUSE_MODE", "").strip() == "demo"
    return variable.in_demo if demo and variable.in_demo is not None else variable.default
