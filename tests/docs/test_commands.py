"""Every command of ours that a page gives can be run: it exists, and takes these options."""

import re

import pytest
from django.core.management import get_commands, load_command_class

from project.demo import PEOPLE
from tests.docs import pages, read
from tests.engines.identity_provider import CLIENT_ID, CLIENT_SECRET

# In backquotes or at the start of a line, as commands are written.
RUN = re.compile(r"(?:^|`)\./run ([a-z-]+)", re.MULTILINE)
MANAGE = re.compile(r"(?:python manage\.py|\./run manage) ([a-z_]+)([^`\n]*)")
OPTION = re.compile(r"(?<!\S)(--[a-z-]+)")


def knows(name: str, options: list[str]) -> bool:
    """Whether manage.py has this command with these options."""
    if name not in get_commands():
        return False
    parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
    return set(options) <= set(parser._option_string_actions)


@pytest.mark.parametrize("page", pages())
def test_management_command_that_is_named_exists(page: str) -> None:
    """By its name, and with these options."""
    for name, rest in MANAGE.findall(read(page)):
        assert knows(name, OPTION.findall(rest)), f"{name} {rest}"


@pytest.mark.parametrize("page", pages())
def test_command_of_run_that_is_named_exists(page: str) -> None:
    """`./run --help` is the list."""
    usage = read("docs/reference/commands.md").partition("## ")[0]
    known = set(re.findall(r"^\./run ([a-z]+)", usage, re.MULTILINE))
    options = set(re.findall(r"--[a-z]+", usage)) | {"--help"}

    for word in RUN.findall(read(page)):
        assert word in known or word in options, f"./run {word}"


def test_walk_through_the_identity_provider_uses_what_the_tests_use() -> None:
    """Client, secret and person are those with which tests/engines/test_oidc.py signs in."""
    page = read("docs/how-to/identity-provider.md")

    assert f"export GATEHOUSE_OIDC_CLIENT_ID={CLIENT_ID}\n" in page
    assert f"export GATEHOUSE_OIDC_CLIENT_SECRET='{CLIENT_SECRET}'\n" in page
    assert f"`{PEOPLE[0].password}`" in page
