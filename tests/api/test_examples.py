"""The examples in the OpenAPI description: there for every body, and as its schema says."""

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from api import openapi
from api.examples import EXAMPLES
from tests.clients import JSONClient


@pytest.fixture
def document(db: None) -> dict[str, Any]:
    """The description as it is served."""
    found: dict[str, Any] = JSONClient().get("/api/schema").json()
    return found


def bodies(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each JSON body, in and out on success, with its operation."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            success = operation["responses"][min(operation["responses"])]
            for side in (operation.get("requestBody", {}), success):
                if "application/json" in side.get("content", {}):
                    yield f"{method.upper()} {path}", side["content"]["application/json"]


def check(document: dict[str, Any], schema: dict[str, Any], value: Any) -> None:
    components = {"components": document["components"]}
    Draft202012Validator({**schema, **components}).validate(value)


def test_every_body_has_an_example_that_its_schema_accepts(document: dict[str, Any]) -> None:
    """Whoever tries an operation starts with something that works."""
    found = list(bodies(document))

    for label, body in found:
        assert "example" in body, label
        check(document, body["schema"], body["example"])
    assert {label for label, _ in found} == set(EXAMPLES)


def test_every_failure_is_shown_as_it_is_sent(document: dict[str, Any]) -> None:
    """Each code stands under its own status, with the text that people read."""
    shown = {}
    for response in document["components"]["responses"].values():
        for code, example in response["content"]["application/problem+json"]["examples"].items():
            check(document, document["components"]["schemas"]["Problem"], example["value"])
            shown[code] = example["value"]

    # A wrong method is no operation: nothing describes its answer.
    # Of kinds with one code, the first is the general one.
    kinds = {kind.code: kind for kind in reversed(list(openapi.kinds()))}
    sent = {code: kind for code, kind in kinds.items() if code != "method_not_allowed"}
    assert shown.keys() == sent.keys()
    for code, kind in sent.items():
        assert (shown[code]["status"], shown[code]["code"]) == (kind.status_code, code)
        assert shown[code]["detail"] == kind.detail_text


def test_no_example_looks_like_a_token(document: dict[str, Any]) -> None:
    """So that whatever looks for leaked tokens finds none here."""
    assert "eyJ" not in str(document)
