"""The packages: this site's are pinned, and `accounts` says in ranges what it needs elsewhere."""

import ast
import json
import re
import sys
import tomllib
from importlib.metadata import packages_distributions

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.servers import ROOT

LISTS = (
    "requirements",
    "requirements-dev",
    "examples/resource_server/requirements",
)


def pins(path: str) -> dict[str, str]:
    """Each pinned package and its version."""
    text = (ROOT / path).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)(?:\[[^]]*\])?==(\S+)", text, re.MULTILINE))


def test_every_package_is_pinned_with_its_hashes() -> None:
    """What is installed is what was looked at: pip refuses anything else."""
    for name in LISTS:
        text = (ROOT / f"{name}.txt").read_text(encoding="utf-8")

        assert text.count("==") <= text.count("--hash=sha256:")
        assert pins(f"{name}.txt")


def test_all_lists_agree() -> None:
    """The project runs on what its tests ran on."""
    project = pins("requirements.txt").items()

    assert project <= pins("requirements-dev.txt").items()
    assert project <= pins("bench/requirements.txt").items()


def test_pins_of_the_site_are_in_the_packages_ranges() -> None:
    """What the tests ran on is among what other projects may install, each part included."""
    project = pins("requirements.txt")

    for needed in needs():
        assert project[canonicalize_name(needed.name)] in needed.specifier, needed


def test_package_needs_every_distribution_that_it_imports() -> None:
    """An installed one would not start without."""
    needed = {canonicalize_name(one.name) for one in needs()}
    known = packages_distributions()

    for package in sorted(imported() - set(sys.stdlib_module_names)):
        assert {canonicalize_name(name) for name in known[package]} & needed, package


def test_locks_of_npm_name_no_tag() -> None:
    """Debian 12's npm reads "latest" as a version, and then takes the whole lock for none."""
    for lock in [
        *ROOT.glob("tests/engines/*/package-lock.json"),
        *ROOT.glob("bench/*/package-lock.json"),
    ]:
        packages = json.loads(lock.read_text(encoding="utf-8"))["packages"]
        wanted = {name for one in packages.values() for name in one.get("dependencies", {}).items()}

        assert wanted
        assert [name for name, version in wanted if version.isalpha()] == [], lock


def needs() -> list[Requirement]:
    """What the package needs, with all its parts."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    parts = project["optional-dependencies"]
    named = [
        *project["dependencies"],
        *parts["people"],
        *parts["federation"],
        *parts["factors"],
        *parts["metrics"],
    ]
    return [Requirement(one) for one in named]


def imported() -> set[str]:
    """The top of each module of others that a module of `accounts` imports."""
    found = set()
    paths = set((ROOT / "accounts").rglob("*.py")) - set((ROOT / "accounts/tests").rglob("*.py"))
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split(".")[0])
    return found
