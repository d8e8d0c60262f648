"""docs/reference and the glossary are what code says today; `./run docs` makes them again."""

import re
from pathlib import Path

import pytest

from accounts.conf import OPTIONS
from accounts.conf import read as read_options
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


def test_variable_that_is_not_set_or_empty_leaves_the_default_of_the_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever copies `accounts` gets what is documented for Gatehouse."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GATEHOUSE_OIDC_NAME", " ")

    found = read_options(env.options())

    assert all(OPTIONS[name].default == value for name, value in found.items())


def test_variable_that_is_set_reaches_the_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One of each type, and a secret from its file."""
    (tmp_path / "secret").write_text("hush\n")
    for name, text in {
        "ACCESS_SECONDS": "60",
        "API_CLIENTS": "0",
        "TRUSTED_PROXIES": "127.0.0.1, unix",
        "AUDIENCE": "billing",
        "OIDC_CLIENT_SECRET_FILE": str(tmp_path / "secret"),
    }.items():
        monkeypatch.setenv(f"GATEHOUSE_{name}", text)

    found = read_options(env.options())

    assert (found["ACCESS_SECONDS"], found["API_CLIENTS"]) == (60, False)
    assert (found["AUDIENCE"], found["OIDC_CLIENT_SECRET"]) == ("billing", "hush")
    assert found["TRUSTED_PROXIES"] == ("127.0.0.1", "unix")


def test_every_default_that_words_hide_is_in_the_words() -> None:
    """`shown` may say more than the default; it cannot say something else."""
    for variable in VARIABLES.values():
        if variable.shown:
            for value in filter(None, (variable.default, variable.in_demo)):
                assert f"`{value}`" in variable.shown, variable.name
