"""Keeps what was measured in results.json, and writes RESULTS.md and results.svg from it."""

import json
import os
import platform
import subprocess
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

HERE = Path(__file__).resolve().parent
PACKAGES = (
    "django",
    "djangorestframework",
    "djangorestframework-simplejwt",
    "pyjwt",
    "cryptography",
    "dj-rest-auth",
    "django-allauth",
    "granian",
    "fastapi",
    "uvicorn",
)
TITLES = {
    "paired": "In process: CPU a request",
    "http": "Over HTTP: one process each",
    "threads": "Threads in a process",
    "burst": "While many sign in",
    "refresh": "Refresh, sign-in and purge",
    "statements": "The two statements of a refresh",
    "feed": "The feed of revocations",
}


def keep(part: str, found: dict[str, Any]) -> None:
    """Put one part's results beside those of the others, and write both files again."""
    path = HERE / "results.json"
    parts = json.loads(path.read_text()) if path.exists() else {}
    parts[part] = {
        **found,
        "at": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "load": f"{os.getloadavg()[0]:.1f}",
    }
    path.write_text(json.dumps(parts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (HERE / "RESULTS.md").write_text(page(parts), encoding="utf-8")
    if "bars" in parts.get("paired", {}):
        (HERE / "results.svg").write_text(chart(parts["paired"]["bars"]), encoding="utf-8")


def page(parts: dict[str, Any]) -> str:
    notes = (HERE / "notes.md").read_text(encoding="utf-8").strip()
    lines = ["# Results", "", notes, "", "## The machine", "", machine()]
    for part, title in TITLES.items():
        if part not in parts:
            continue
        found = parts[part]
        lines += ["", f"## {title}", ""]
        lines += [f"`./run bench {part}`, {found['at']}, load average {found['load']} at its end."]
        for table in found["tables"]:
            lines += ["", f"{table['caption']}:", "", *markdown(table["head"], table["rows"])]
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
    "text{fill:#3b4a4d}.ours{fill:#1f5f5b}.others{fill:#8a9a9c}"
    "@media(prefers-color-scheme: dark){text{fill:#c5d0d1}.ours{fill:#8ad3c7}.others{fill:#6c7c7e}}"
)


def chart(bars: dict[str, float]) -> str:
    """Bars of CPU a request, Gatehouse as 1, in the reader's theme."""
    step, left, width = 34, 270, 420
    longest, height = max(bars.values()), 46 + step * len(bars)
    shapes = []
    for number, (name, value) in enumerate(sorted(bars.items(), key=lambda item: item[1])):
        y, long = 40 + step * number, width * value / longest
        ours = name.startswith("Gatehouse")
        shapes.append(
            f'<text x="{left - 10}" y="{y + 15}" text-anchor="end">{escape(name)}</text>'
            f'<rect x="{left}" y="{y}" width="{long:.0f}" height="22" rx="3" '
            f'class="{"ours" if ours else "others"}"/>'
            f'<text x="{left + long + 8:.0f}" y="{y + 15}">{value:.1f}</text>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 60} {height}" '
        'font-family="system-ui, sans-serif" font-size="14" role="img">'
        "<title>CPU a protected request takes, as a multiple of Gatehouse's</title>"
        f"<style>{STYLE}</style>"
        f'<text x="{left}" y="24">CPU a protected request, Gatehouse = 1 (less is better)</text>'
        f"{''.join(shapes)}</svg>\n"
    )
