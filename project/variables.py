"""Every variable that Gatehouse reads from its environment: meaning, and value where it is not set.

The one list behind `project.env`, which reads no variable that is not in it, and behind
docs/reference/settings.md, which `./run docs` makes from it.
"""

import os
import re
from dataclasses import dataclass

DAY = 86400


@dataclass(frozen=True)
class Variable:
    """`secret`: also read from `NAME_FILE`. `shown` is what the documentation says about the
    default where `default` alone would not tell."""

    name: str
    meaning: str
    default: str = ""
    in_demo: str | None = None
    shown: str = ""
    secret: bool = False


_ALL = (
    Variable(
        "GATEHOUSE_MODE",
        "`demo` (answers on this machine only) or `production` (refuses to start on unsafe "
        "settings, naming each)",
        "production",
        shown="`production`; `./run` sets `demo`",
    ),
    Variable("GATEHOUSE_DATA_DIR", "where local files go", "var"),
    Variable(
        "GATEHOUSE_SECRET_KEY",
        "Django's key, of 50 random characters or more",
        shown="made in demo, required in production",
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
    Variable(
        "GATEHOUSE_TRUSTED_PROXIES",
        "addresses or networks of the proxies whose forwarding headers count, and `unix` for one "
        "that calls through a unix socket; never nearly everybody",
        shown="none",
    ),
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
    Variable("GATEHOUSE_AUDIENCE", "`aud` of access tokens: the API", "gatehouse-api"),
    Variable("GATEHOUSE_ACCESS_SECONDS", "lifetime of an access token", "300"),
    Variable(
        "GATEHOUSE_IDLE_SECONDS",
        'lifetime of a refresh token with "keep me signed in"; without it 12 hours, or this if '
        "it is less",
        str(7 * DAY),
        shown="`604800` (7 days)",
    ),
    Variable(
        "GATEHOUSE_ABSOLUTE_SECONDS",
        'the hard end of a session with "keep me signed in"; without it 24 hours, or this if it '
        "is less",
        str(30 * DAY),
        shown="`2592000` (30 days)",
    ),
    Variable(
        "GATEHOUSE_GRACE_SECONDS",
        "the grace window: for so long a repeated refresh is answered, not punished",
        "10",
    ),
    Variable(
        "GATEHOUSE_REVOCATION_POLL_SECONDS",
        "how often each process reads the revocation feed; 0 asks the database on every request",
        "1",
    ),
    Variable(
        "GATEHOUSE_API_CLIENTS",
        "1 or 0: whether programs may sign in at `/auth/token`",
        "1",
    ),
    Variable(
        "GATEHOUSE_EMAIL_URL",
        "the mail server: `smtp://user:password@host:587/?tls=1`, `smtps://user:password@host`, "
        "`file:` or `console:`, percent-encoded likewise; in the query `tls` is 1 or 0, and `from` "
        "the sender. Production refuses files, the console, and a server on another machine "
        "without TLS",
        shown="files in demo, no mail in production",
        secret=True,
    ),
    Variable(
        "GATEHOUSE_OIDC_ISSUER",
        "an OpenID Connect provider to sign in through; register `/auth/oidc/callback` below "
        "`GATEHOUSE_ISSUER` with it",
        shown="none",
    ),
    Variable("GATEHOUSE_OIDC_CLIENT_ID", "our client id there", shown="none"),
    Variable("GATEHOUSE_OIDC_CLIENT_SECRET", "our client secret there", shown="none", secret=True),
    Variable("GATEHOUSE_OIDC_NAME", "what people call it, on its button", "your organisation"),
    Variable(
        "GATEHOUSE_OIDC_TRUST_EMAIL",
        "1 or 0: whether an address counts as verified where the provider does not say. Set it "
        "only if nobody can choose the address that the provider tells: whoever could would get an "
        "account under another's address",
        "0",
    ),
    Variable("GATEHOUSE_WORKERS", "server processes", shown="one for each core, at least 2"),
    Variable(
        "GATEHOUSE_THREADS",
        "threads in each process, in production 3 or more; sign-ins wait in all but two of them",
        "64",
    ),
)
VARIABLES = {variable.name: variable for variable in _ALL}


# What Kubernetes sets beside a Service that is called `gatehouse` or `gatehouse-...`.
_OF_A_SERVICE = re.compile(r"_SERVICE_(HOST|PORT)|_PORT(_\d+_(TCP|UDP|SCTP)|$)")


def is_known(name: str) -> bool:
    """Whether something reads the variable, or somebody else has put it there."""
    if name.endswith("_FILE") and name.removesuffix("_FILE") in VARIABLES:
        return VARIABLES[name.removesuffix("_FILE")].secret
    ours = name in VARIABLES or name.startswith("GATEHOUSE_TEST_")
    return ours or bool(_OF_A_SERVICE.search(name))


def default(name: str) -> str:
    """What the variable is where nobody sets it; KeyError for one that is not listed."""
    if name.endswith("_FILE") and VARIABLES[name.removesuffix("_FILE")].secret:
        return ""
    variable = VARIABLES[name]
    demo = os.environ.get("GATEHOUSE_MODE", "").strip() == "demo"
    return variable.in_demo if demo and variable.in_demo is not None else variable.default
