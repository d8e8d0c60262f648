"""Refusals of fields, in our words: no text of DRF or Django reaches a person."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from django.conf import settings

from accounts.users.models import User
from accounts.web.bodies import Body, Worded
from tests.clients import BrowserClient

# Each serializer of the project is known from here on.
for _urls in (settings.ROOT_URLCONF, *settings.OTHER_URLCONFS.values()):
    import_module(_urls)

# How DRF's and Django's own texts begin or end.
THEIRS = (
    "This field",
    "Ensure",
    "Not a valid",
    "Must be",
    "Invalid data",
    "Enter a valid",
    "valid ch",
)


def bodies_in() -> Iterator[type[Any]]:
    """Every serializer that judges what comes in."""
    waiting = [Worded]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind not in (Worded, Body) and kind.__module__.startswith(("accounts", "api")):
            yield kind


def refusals(kind: type[Any]) -> Iterator[str]:
    """What is said to each value that a field cannot take, and to what is no object."""
    wrong = [None, "", [], {}, 7.5, True, "\0", "\ud800", "x" * 100_013, "kim"]
    fields = kind().get_fields()
    for given in ([], {}, *(dict.fromkeys(fields, value) for value in wrong)):
        form = kind(data=given)
        if not form.is_valid():
            for texts in form.errors.values():
                yield from map(str, texts)


@pytest.mark.parametrize("kind", sorted(set(bodies_in()), key=lambda kind: kind.__name__))
def test_value_that_a_field_cannot_take_is_refused_in_our_words(kind: type[Any]) -> None:
    """Whatever is wrong with it."""
    found = set(refusals(kind))

    assert "Send a JSON object." in found
    assert [text for text in found if any(words in text for words in THEIRS)] == []


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        (
            "post",
            "/api/notes",
            {"title": "x", "body": "x" * 100_012},
            {"body": ["A note can have at most 100,000 characters; this one has 100,012."]},
        ),
        (
            "post",
            "/api/notes",
            {"title": "x" * 201},
            {"title": ["A title can have at most 200 characters; this one has 201."]},
        ),
        ("post", "/api/notes", {"title": " "}, {"title": ["Write something here."]}),
        ("post", "/api/notes", {"body": "x"}, {"title": ["This is missing."]}),
        ("post", "/api/notes", {"title": {}}, {"title": ["This must be a text."]}),
        (
            "patch",
            "/auth/account",
            {"name": "x" * 151},
            {"name": ["A name can have at most 150 characters; this one has 151."]},
        ),
        (
            "post",
            "/auth/password/change",
            {"current_password": "x" * 1025, "new_password": ""},
            {
                "current_password": [
                    "A password can have at most 1,024 characters; this one has 1,025."
                ],
                "new_password": ["Write something here."],
            },
        ),
        (
            "post",
            "/auth/login",
            {"email": "kim", "password": "x", "remember": "perhaps"},
            {"remember": ["This must be true or false."]},
        ),
    ],
)
def test_refused_field_is_answered_in_our_words(
    browser_client: BrowserClient,
    alice: User,
    method: str,
    path: str,
    body: Any,
    said: dict[str, list[str]],
) -> None:
    """With the figures, where there are any."""
    browser_client.sign_in(alice)

    answer = getattr(browser_client, method)(path, body)

    assert (answer.status_code, answer.json()["errors"]) == (400, said)
