"""Keeps what was measured in results.json, and writes from it what shows it, README among it."""

import json
import os
import platform
import re
import subprocess
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from bench import goals

HERE = Path(__file__).resolve().parent
RESULTS, README = HERE / "results.json", HERE.parent / "README.md"
GOALS = ["goal", "target", "found", ""]
PACKAGES = (
    "django",
    "djangorestframework",
    "djangorestframework-simplejwt",
    "pyjwt",
    "cryptography",
    "dj-rest-auth",
    "django-allauth",
    "granian",
    "django-bolt",
    "django-jwt-allauth",
    "django-modern-rest",
    "django-ninja-jwt",
    "fastapi",
    "litestar",
    "uvicorn",
)
TITLES = {
    "paired": "In process: CPU a request",
    "instructions": "Instructions of a request",
    "http": "Over HTTP: one process, and two",
    "threads": "Threads in a process",
    "burst": "While many sign in",
    "refresh": "Refresh, sign-in and purge",
    "statements": "The two statements of a refresh",
    "feed": "The feed of revocations",
}


def keep(part: str, found: dict[str, Any]) -> None:
    """Put one part's results beside those of the others, and write all that shows them again."""
    parts = kept()
    parts[part] = {
        **found,
        "at": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "load": f"{os.getloadavg()[0]:.1f}",
        "machine": machine(),
    }
    RESULTS.write_text(json.dumps(parts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    write()


def kept() -> dict[str, Any]:
    """Return what was measured last, by part."""
    return dict(json.loads(RESULTS.read_text(encoding="utf-8"))) if RESULTS.exists() else {}


def write() -> None:
    """Write each file that shows results."""
    for path, content in files(kept()).items():
        path.write_text(content, encoding="utf-8")
        print(f"Written: {path}")


def files(parts: dict[str, Any]) -> dict[Path, str]:
    """Return the files that show these results, with what has to be in them."""
    found = {HERE / "RESULTS.md": page(parts)}
    if bars := parts.get("http", {}).get("bars"):
        found[HERE / "results.svg"] = chart(bars)
        readme = README.read_text(encoding="utf-8")
        found[README] = re.sub(r"(?<=!\[)[^]]*(?=\]\(bench/results\.svg\))", said(bars), readme)
    return found


def said(bars: dict[str, list[float]]) -> str:
    """Return the chart in words."""
    each = (f"{name} {one:.2g} and {two:.2g}" for name, (one, two) in in_order(bars))
    return f"{CHART}, with one process and with two: {'; '.join(each)}."


def text(found: dict[str, Any]) -> str:
    """Return what a part has found, as it is shown while it is measured."""
    lines = []
    for table in found["tables"]:
        lines += ["", table["caption"], *markdown(table["head"], table["rows"])]
    for plan in found.get("plans", ()):
        lines += ["", plan["caption"], *plan["lines"]]
    if found.get("goals"):
        lines += ["", *markdown(GOALS, [goals.cells(goal) for goal in found["goals"]])]
    return "\n".join(lines)


def page(parts: dict[str, Any]) -> str:
    notes = (HERE / "notes.md").read_text(encoding="utf-8").strip()
    shown = {part: title for part, title in TITLES.items() if part in parts}
    rows = [goals.cells(goal) for part in shown for goal in parts[part].get("goals", ())]
    lines = ["# Results", "", notes, ""]
    if rows:
        lines += ["## Goals", "", *markdown(GOALS, rows), ""]
    machines = {parts[part].get("machine", "") for part in shown} - {""}
    lines += ["## The machine", "", *sorted(machines)]
    for part, title in shown.items():
        found = parts[part]
        lines += ["", f"## {title}", ""]
        lines += [f"`./run bench {part}`, {found['at']}, load average {found['load']} at its end."]
        for table in found["tables"]:
            lines += ["", f"{table['caption']}:", "", *markdown(table["head"], table["rows"])]
        for plan in found.get("plans", ()):
            lines += ["", f"{plan['caption']}:", "", "```", *plan["lines"], "```"]
    return "\n".join(lines) + "\n"


def markdown(head: list[str], rows: list[list[str]]) -> list[str]:
    lines = [head, ["---" if n == 0 else "--:" for n in range(len(head))], *rows]
    return [f"| {' | '.join(cells)} |" for cells in lines]


def machine() -> str:
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{os.cpu_count()} cores ({model}), shared with other work; {platform.system()}, Python "
        f"{platform.python_version()}, Node {node()}. {versions}."
    )


def node() -> str:
    try:
        done = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "absent"
    return done.stdout.strip().lstrip("v")


STYLE = (
    "text{fill:#3b4a4d}.ours{fill:#1f5f5b}.others{fill:#8a9a9c}.two{opacity:.55}"
    "@media(prefers-color-scheme: dark){text{fill:#c5d0d1}.ours{fill:#8ad3c7}.others{fill:#6c7c7e}}"
)
CHART = "CPU time of a protected request over HTTP as a multiple of Gatehouse's"


def in_order(bars: dict[str, list[float]]) -> list[tuple[str, list[float]]]:
    return sorted(bars.items(), key=lambda item: item[1])


def chart(bars: dict[str, list[float]]) -> str:
    """Return two bars for each server, with one process and with two, in the reader's theme."""
    step, left, width = 38, 270, 420
    longest, height = max(map(max, bars.values())), 46 + step * len(bars)
    shapes = []
    for number, (name, values) in enumerate(in_order(bars)):
        y, kind = 40 + step * number, "ours" if name.startswith("Gatehouse") else "others"
        shapes.append(f'<text x="{left - 10}" y="{y + 19}" text-anchor="end">{escape(name)}</text>')
        for top, shade, value in zip((y, y + 15), ("one", "two"), values, strict=True):
            long = width * value / longest
            shapes.append(
                f'<rect x="{left}" y="{top}" width="{long:.0f}" height="13" rx="2" '
                f'class="{kind} {shade}"/>'
                f'<text x="{left + long + 8:.0f}" y="{top + 11}" font-size="12">{value:.2g}</text>'
            )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 60} {height}" '
        'font-family="system-ui, sans-serif" font-size="14" role="img">'
        f"<title>{CHART}</title>"
        f"<style>{STYLE}</style>"
        f'<text x="10" y="24">CPU of a protected request, Gatehouse = 1, less is better: '
        "above with one process, below with two</text>"
        f"{''.join(shapes)}</svg>\n"
    )
