"""Every list that is told in pages takes the same numbers, and answers the rest as described."""

from urllib.parse import quote

import pytest

from accounts.audit.models import SecurityEvent
from accounts.users.models import User
from api.models import Note
from tests.clients import BrowserClient
from tests.contract.test_schema import DOCUMENT

# Whatever is described with a page, so that a new list is among them.
LISTS = [
    path
    for path, methods in DOCUMENT["paths"].items()
    for parameter in methods.get("get", {}).get("parameters", [])
    if parameter["name"] == "page"
]
NO_PAGES = [
    *("", "0", "-1", "00", "01", "1.0", "1e0", "1e9", "x", "last", "None", "true", "null"),
    *(" 1", "1 ", "+1", "1_0", "0x1", "1\n", "1\0", "1,2", "\uff11", "\u0661", "[1]", '"1"'),
    *("4", "99999999999999999999", "9" * 5000),
]


@pytest.fixture
def page(browser_client: BrowserClient, carol: User) -> BrowserClient:
    """Carol's browser, who may read every list; each has three pages."""
    browser_client.sign_in(carol)
    for number in range(41):
        Note.objects.create(owner=carol, title=str(number))
        SecurityEvent.objects.create(kind="signed_in", user=carol)
    return browser_client


def test_every_list_is_known() -> None:
    """What is told in pages here; the description is where a new one is found."""
    assert set(LISTS) == {"/api/notes", "/api/audit", "/auth/sessions", "/auth/events"}


@pytest.mark.parametrize("path", LISTS)
def test_number_that_names_no_page_is_not_found(page: BrowserClient, path: str) -> None:
    """An empty one, one that is no whole number, one that is too large: 404 in the usual shape."""
    for number in NO_PAGES:
        answer = page.generic("GET", path, QUERY_STRING=f"page={quote(number)}")

        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), repr(number)[:40]


@pytest.mark.parametrize("path", LISTS)
def test_first_page_is_the_one_that_nobody_names(page: BrowserClient, path: str) -> None:
    """Without a number and with 1; the links lead from page to page."""
    first = page.get(path).json()

    assert page.get(f"{path}?page=1").json() == first
    assert first["previous"] is None
    if first["next"] is not None:
        second = page.get(first["next"].removeprefix("http://localhost")).json()
        assert second["results"] != first["results"]
        assert page.get(f"{path}?page=3").json()["next"] is None


def test_described_page_is_a_whole_number_from_one_on() -> None:
    """The description says what is answered."""
    for path in LISTS:
        parameters = DOCUMENT["paths"][path]["get"]["parameters"]
        (page,) = [one for one in parameters if one["name"] == "page"]
        assert page["schema"] == {"type": "integer", "minimum": 1}
        assert page.get("required", False) is False
