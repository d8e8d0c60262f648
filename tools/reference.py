"""Make the pages of docs/ that code says better than people: settings, events, errors, commands.

Each has one source. tests/docs/test_reference.py fails while a page is not what it would be.
Leaves out: everything that explains.
"""

import argparse
import re
import subprocess
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand
from django.http import HttpRequest

from accounts import errors, signals
from accounts.conf import OPTIONS, TYPES
from accounts.credentials import budgets
from accounts.factors import interrupted
from accounts.people import mails, notices
from api import openapi
from project.variables import VARIABLES
from tools.endpoints import endpoints
from tools.markdown import code, page, table

ROOT = Path(__file__).resolve().parent.parent
# Without the lab, whose folder can be deleted.
OURS = {"accounts", "api", "project"}
FAULT = ["`server_error`", "500", "", "A fault of ours. The log has it; the answer tells nothing."]


def settings() -> str:
    rows = [
        [
            code(one.name),
            f"1 or 0: {one.meaning}" if one.kind is bool else one.meaning,
            one.shown or default(one.default),
            "yes" if one.secret else "",
        ]
        for one in VARIABLES.values()
    ]
    return page(
        "Settings",
        "project/variables.py",
        "All of them are environment variables, read once, at the start. One that is a secret also "
        "reads from a file: set `NAME_FILE` to its path instead. Lists have commas between their "
        "parts. A value that makes no sense stops the start and is named; so "
        "does a name that begins with `GATEHOUSE_` and is not in this list.",
        table(["variable", "meaning", "default", "secret"], rows),
        "Whoever copies `accounts` sets `GATEHOUSE` in Django's settings instead: "
        "[settings of the package](package-settings.md).",
    )


def package_settings() -> str:
    rows = []
    for name, one in OPTIONS.items():
        text = "" if one.default in ("", (), {}) else str(one.default)
        part = ".".join(one.owner.__module__.split(".")[1:-1])
        rows.append([code(name), part, TYPES[one.kind][0], default(text), one.meaning])
    return page(
        "Settings of the package",
        "accounts/conf.py and those of its parts",
        "What `accounts` reads from the dict `GATEHOUSE` in Django's settings, in whatever project "
        "it stands. A name that is not in this list, a name of a part that is not in "
        "`INSTALLED_APPS`, or a value of another type is an error of `manage.py check` "
        "(gatehouse.E001). Gatehouse itself fills the dict from "
        "[environment variables](settings.md).",
        table(["name", "part", "type", "default", "meaning"], rows),
    )


def default(text: str) -> str:
    """Return a default for people: that there is none, and how many days so many seconds are."""
    whole = text.isdigit() and int(text) > 0 and int(text) % 86400 == 0
    return f"{code(text)} ({int(text) // 86400} days)" if whole else code(text) or "none"


def security_events() -> str:
    rows = [
        [code(kind), words, letter.subject if (letter := notices.letter_for(kind)) else ""]
        for kind, words in signals.KINDS.items()
    ]
    return page(
        "Security events",
        "accounts.signals.KINDS, to which parts add, and accounts/people/notices.py",
        "Each is a row of `SecurityEvent` and a log line of `gatehouse.audit.events`, whose "
        "message is the kind. People see their own at `/account`, staff see everyone's at "
        "`/audit`. [How to watch them](../how-to/watch-events.md).",
        table(["kind", "in words", "mail to its owner"], rows),
        "The mail about `signed_in` is sent for a device that was not seen before. No event "
        "holds a token, a password, a cookie or a hash.",
    )


def error_codes() -> str:
    kinds: dict[str, type[errors.Problem]] = {}
    for kind in openapi.kinds():
        kinds.setdefault(kind.code, kind)  # those below it with the same code are answered alike
    rows = [
        [code(name), str(kind.status_code), kind.detail_text, occasion(kind)]
        for name, kind in kinds.items()
    ]
    return page(
        "Error codes",
        "accounts/errors.py and accounts/credentials/budgets.py",
        "Every failure is `application/problem+json` (RFC 9457) with `type`, `title`, `status`, "
        "`detail` and `code`; `validation_failed` adds `errors`, which names the fields. Programs "
        "go by `code`: texts may change. Every 401 carries `WWW-Authenticate`.",
        table(["code", "status", "text", "when"], sorted([*rows, FAULT], key=lambda row: row[1])),
        "## Budgets",
        "`throttled` means that one of these is used up. Only failures count, but for mails, where "
        "every request does. `Retry-After` says when to come back, in at most 600 seconds.",
        table(["failures of one", "at most", "in"], limits()),
    )


def occasion(kind: type[errors.Problem]) -> str:
    """Return when an error is raised, as its docstring says."""
    text = (kind.__doc__ or "").removeprefix("Raised if ")
    return text[:1].upper() + text[1:]


def limits() -> Iterator[tuple[str, str, str]]:
    nobody = HttpRequest()
    known = [
        *budgets.sign_in_budgets(nobody, ""),
        *mails.mail_budgets(nobody, "register, reset, e-mail change:", ""),
        budgets.Budget("bad tokens of a network", "", budgets.BAD_TOKEN_LIMIT, 60),
        budgets.Budget("codes after one password", "", interrupted.TRIES, interrupted.SECONDS),
    ]
    for budget in known:
        minutes = budget.seconds // 60
        yield budget.name, str(budget.limit), f"{minutes} minute{'s' * (minutes > 1)}"


def commands() -> str:
    ours = sorted(name for name, app in get_commands().items() if app in OURS)
    usage = subprocess.run(
        ["./run", "--help"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    parts = [f"```\n{usage.stdout.strip()}\n```", "## Management commands"]
    parts.append("In demo mode as `./run manage NAME`, on a server as `python manage.py NAME`.")
    return page("Commands", "./run and the commands' own parsers", *parts, *map(command, ours))


def command(name: str) -> str:
    usual = {a.dest for a in BaseCommand().create_parser("manage.py", name)._actions}
    found = load_command_class(get_commands()[name], name)
    own = [a for a in found.create_parser("manage.py", name)._actions if a.dest not in usual]
    text = f"### {name}\n\n{found.help}"
    rows = [[code(called(action)), explained(action)] for action in own]
    return f"{text}\n\n{table(['option', 'meaning'], rows)}" if rows else text


def called(action: argparse.Action) -> str:
    value = action.metavar or (action.dest.upper() if action.nargs != 0 else "")
    return " ".join([*action.option_strings[-1:], str(value)]).strip()


def explained(action: argparse.Action) -> str:
    text = (action.help or "") % {"default": action.default}
    plain = action.nargs != 0 and action.default is not None and "default" not in text
    return f"{text} (default: {action.default})" if plain else text


def glossary() -> str:
    html = (ROOT / "templates/parts/glossary.html").read_text(encoding="utf-8")
    words = re.findall(r"<dt>(.+?)</dt><dd>(.+?)</dd>", html)
    plain = (f"**{term}**: {re.sub('</?code>', '`', unescape(text))}" for term, text in words)
    return page("Glossary", "templates/parts/glossary.html", "\n\n".join(plain))


PAGES: dict[str, Callable[[], str]] = {
    "docs/reference/settings.md": settings,
    "docs/reference/package-settings.md": package_settings,
    "docs/reference/endpoints.md": endpoints,
    "docs/reference/events.md": security_events,
    "docs/reference/commands.md": commands,
    "docs/reference/errors.md": error_codes,
    "docs/glossary.md": glossary,
}
