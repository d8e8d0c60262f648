"""Every link of every page leads somewhere, and every name that a page gives exists there."""

import re
from importlib.util import find_spec

import pytest
from django.urls import Resolver404, resolve

from project.variables import VARIABLES
from tests.docs import defines, from_top, links, pages, prose, read
from tests.servers import ROOT

RFC = re.compile(r"RFC (\d+)(?: section ([\d.]+))?$")
PATH = re.compile(r"`([\w.-]*/[\w./-]+\.(?:py|js|css|html|svg|md|toml|txt))(?:::(\w+))?`")
ENDPOINT = re.compile(r"`(?:GET|POST|PUT|PATCH|DELETE) (/[^\s`?]+)")


def anchors(page: str) -> set[str]:
    """The addresses of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower() for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in plain}


def without_the_lab(path: str) -> bool:
    """Whether this is a file of the lab, whose folder was taken out."""
    return path.startswith("lab/") and find_spec("lab") is None


@pytest.mark.parametrize("page", pages())
def test_relative_link_leads_to_a_file_and_its_heading(page: str) -> None:
    """A file that moves or a heading that is renamed takes its links with it."""
    for _, address in links(page):
        if re.match(r"[a-z]+:", address):
            continue
        target = from_top(page, address)
        if without_the_lab(str(target.relative_to(ROOT))):
            continue
        assert target.exists(), address
        if "#" in address and (not address.startswith("#") or target.is_dir()):
            file = page if address.startswith("#") else str(target.relative_to(ROOT))
            assert address.partition("#")[2] in anchors(file), address


@pytest.mark.parametrize("page", pages())
def test_link_to_a_standard_is_the_standard_that_it_says(page: str) -> None:
    """RFC and section stand in the text and in the address, and are the same."""
    for text, address in links(page):
        said = RFC.match(text.replace("\n", " "))
        if said:
            number, section = said.groups()
            anchor = f"#section-{section}" if section else ""
            wanted = f"https://www.rfc-editor.org/rfc/rfc{number}.html{anchor}"
            assert address == wanted or "datatracker.ietf.org" in address, text


@pytest.mark.parametrize("page", pages())
def test_name_that_is_a_link_is_defined_in_the_file(page: str) -> None:
    """[`function`](file) names something in that file; [`file`](file) `function` as well."""
    text = prose(page)
    named = re.findall(r"\[`(\w+)`\]\(([^)#:]+)\)", text)
    named += [(n, path) for path, n in re.findall(r"\]\(([^)#:]+)\) `(\w+)`", text)]

    for name, address in named:
        assert defines(from_top(page, address), name), f"{name} in {address}"


@pytest.mark.parametrize("page", pages())
def test_file_that_is_named_exists(page: str) -> None:
    """From the top, or from tests/; with `::name`, that test is in it."""
    for path, name in PATH.findall(prose(page)):
        found = [ROOT / start / path for start in ("", "tests") if (ROOT / start / path).exists()]
        assert found or without_the_lab(path), path
        assert not (found and name) or defines(found[0], name), f"{path} {name}"


@pytest.mark.parametrize("page", pages())
def test_setting_that_is_named_exists(page: str) -> None:
    """Each GATEHOUSE_ variable in prose or code is one that is read."""
    for name in set(re.findall(r"\bGATEHOUSE_[A-Z_]*[A-Z]\b", read(page))):
        known = VARIABLES.get(name.removesuffix("_FILE"))
        assert known, name
        assert known.secret or not name.endswith("_FILE"), name


@pytest.mark.parametrize("page", pages())
def test_endpoint_that_is_named_exists(page: str) -> None:
    """`GET /path` in prose is an address of the app."""
    for path in ENDPOINT.findall(prose(page)):
        try:
            resolve(re.sub(r"{\w+}", "x", path))
        except Resolver404:
            pytest.fail(f"nothing serves {path}")


@pytest.mark.parametrize("page", pages())
def test_picture_has_words_and_works_in_light_and_dark(page: str) -> None:
    """Alternative text in the page, a title and both themes in the drawing, nothing from afar."""
    for text, address in re.findall(r"!\[([^\]]*)\]\(([^)\s]+)\)", prose(page)):
        drawing = from_top(page, address).read_text(encoding="utf-8")
        assert len(text.split()) > 5, address
        assert "<title" in drawing
        assert "prefers-color-scheme: dark" in drawing
        assert set(re.findall(r"https?://[^\"]+", drawing)) == {"http://www.w3.org/2000/svg"}
