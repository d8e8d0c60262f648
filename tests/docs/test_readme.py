"""README.md leads where it says."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tests.docs import from_top, links, pages, read
from tests.servers import ROOT


def test_readme_names_file_and_function_of_each_step() -> None:
    """The table of the eight steps; tests/docs/test_links.py looks the names up."""
    rows = re.findall(r"^\| ([1-8]) [^|]+\|[^|]+\|([^|]+)\|$", read("README.md"), re.MULTILINE)

    assert [number for number, _ in rows] == list("12345678")
    for number, cell in rows:
        assert re.search(r"\]\([^)]+\) `\w+`", cell), number


def test_every_page_is_in_the_index() -> None:
    """What docs/README.md does not link is found by nobody."""
    linked = {from_top("docs/README.md", address) for _, address in links("docs/README.md")}
    ours = {ROOT / page for page in pages() if page.startswith("docs/")}
    assert ours - {ROOT / "docs" / "README.md"} <= linked


# A row of "What to copy" about single files: those, and what else they need.
ROW = re.compile(
    r"^\| [^|]+ \| (?P<take>[^|]*\.(?:py|js)\)[^|]*) \| (?P<along>[^|]+) \|$", re.MULTILINE
)


def comes_along(path: Path) -> set[str]:
    """The names of the modules of `accounts` that a module imports, and they in turn."""
    found, waiting = set(), [path]
    while waiting:
        for other in imported(waiting.pop()):
            if other not in found and other != path:
                found.add(other)
                waiting.append(other)
    return {name_of(other) for other in found}


def name_of(path: Path) -> str:
    """How a module is called inside the package: `conf`, `tokens.claims`, `tokens` for a folder."""
    parts = path.relative_to(ROOT / "accounts").with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imported(path: Path) -> Iterator[Path]:
    """What a module imports of `accounts`, wherever in the module that stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            folder = path.parents[node.level - 1].joinpath(*(node.module or "").split("."))
            for alias in node.names:
                places = (folder / f"{alias.name}.py", folder / alias.name / "__init__.py")
                whole = (folder.with_suffix(".py"), folder / "__init__.py")
                # The folders' empty files say nothing.
                yield from [place for place in (*places, *whole) if place.is_file()][:1]


def test_what_comes_along_with_a_copied_module_is_named() -> None:
    """Whoever takes one file learns from the table which others it does not run without."""
    rows = {row["take"]: row["along"] for row in ROW.finditer(read("README.md"))}
    modules = {
        path: along
        for take, along in rows.items()
        for path in re.findall(r"\((accounts/[\w/]+\.py)\)", take)
    }

    assert len(modules) >= 4
    for path, along in modules.items():
        wanted = sorted(comes_along(ROOT / path))
        files = "1 file" if len(wanted) == 1 else f"{len(wanted)} files"
        assert along == f"{files}: " + ", ".join(f"`{name}`" for name in wanted), path


def test_scripts_to_copy_need_nothing_but_each_other() -> None:
    """They are the files of one folder, and import nothing from elsewhere."""
    (take,) = [row["take"] for row in ROW.finditer(read("README.md")) if ".js" in row["take"]]
    files = set(re.findall(r"\(accounts/static/gatehouse/(\w+\.js)\)", take))
    folder = ROOT / "accounts" / "static" / "gatehouse"

    needed = {
        name
        for file in files
        for name in re.findall(r"(?:from|import\() ?['\"]([^'\"]+)['\"]", read(folder / file))
    }
    assert files == {path.name for path in folder.glob("*.js")}
    assert needed <= {f"./{file}" for file in files}


def test_licence_is_the_same_wherever_it_is_said() -> None:
    """Whoever may copy reads it in README.md, tools in pyproject.toml, lawyers in LICENSE."""
    project = tomllib.loads(read("pyproject.toml"))["project"]

    assert ("MIT", "LICENSE") in links("README.md")
    assert (project["license"], project["license-files"]) == ("MIT", ["LICENSE"])
    assert read("LICENSE").startswith("MIT License\n\nCopyright (c) 2026 The Gatehouse authors\n")
