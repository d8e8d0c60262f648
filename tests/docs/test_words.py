"""The same things have the same names: on the pages of the app, in the lab, in the documentation."""

import re

import pytest

from tests.clients import BrowserClient
from tests.docs import pages, prose, read

# What the field calls otherwise; each pattern with the word to use.
AVOIDED = {
    r"\bJWT tokens?\b": "JWT",
    r"\bsecure cookies?\b": "the attribute: Secure, HttpOnly",
    r"\bhttponly\b|\bHTTPOnly\b|\bHttp-Only\b": "HttpOnly",
}


@pytest.mark.parametrize("pattern", AVOIDED)
def test_word_that_misleads_is_not_used(pattern: str) -> None:
    """One word for one thing, and the standards' own."""
    texts = {path: re.sub(r"`[^`]*`", "", prose(path)) for path in pages()}

    assert [path for path, text in texts.items() if re.search(pattern, text)] == []


def test_eight_steps_have_the_same_names_everywhere(browser_client: BrowserClient) -> None:
    """README.md, the home page, and the list behind the lab's flow and map."""
    steps = pytest.importorskip("api.lab.steps").STEPS
    names = [step.title for step in steps]
    home = browser_client.get("/").text

    assert re.findall(r"<li><h3>(.+?)</h3>", home) == names
    told = re.findall(r"^\| [1-8] ([^|]+?) \|", read("README.md"), re.MULTILINE)
    assert told == [name if name.startswith(("JWT", "API")) else name.lower() for name in names]
