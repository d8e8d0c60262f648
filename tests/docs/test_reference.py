"""docs/reference and the glossary are what code says today; `./run docs` makes them again."""

import re

import pytest

from project import env
from project.variables import VARIABLES
from tests.docs import read
from tests.servers import ROOT
from tools.reference import PAGES


@pytest.mark.parametrize("path", PAGES)
def test_page_is_what_code_makes_of_it(path: str) -> None:
    """Whoever changes a setting, an endpoint, an event or a command runs `./run docs`."""
    assert read(path) == PAGES[path](), "run ./run docs"


def test_every_listed_setting_is_read() -> None:
    """One that nothing reads any more is not documented either."""
    files = [*(ROOT / "project").glob("*.py"), *(ROOT / "tools").glob("*.py")]
    code = "".join(read(path) for path in files if path.name != "variables.py")

    named = {name.removesuffix("_FILE") for name in re.findall(r'"(GATEHOUSE_[A-Z_]+)"', code)}
    settings = {name for name, variable in VARIABLES.items() if variable.kind}  # env.options
    assert named.isdisjoint(settings)
    assert named | settings == set(VARIABLES)


def test_setting_that_is_not_listed_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """So none can go undocumented, and a misspelt one is an error."""
    monkeypatch.setenv("GATEHOUSE_ACESS_SECONDS", "1")

    with pytest.raises(KeyError):
        env.number("GATEHOUSE_ACESS_SECONDS")


def test_every_default_that_words_hide_is_in_the_words() -> None:
    """`shown` may say more than the default; it cannot say something else."""
    for variable in VARIABLES.values():
        if variable.shown:
            for value in filter(None, (variable.default, variable.in_demo)):
                assert f"`{value}`" in variable.shown, variable.name
