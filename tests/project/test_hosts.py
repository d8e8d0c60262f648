"""Hosts in production: who may ask by which name, and what is logged of the others."""

import logging
from typing import Any

import pytest

from tests.clients import JSONClient
from tests.contract import test_headers

production = test_headers.production

# What balancers and kubelets send, and what nobody should.
OTHER_HOSTS = [
    *("10.244.1.17:8000", "[fd00::17]:8000", "app.internal", "LOCALHOST.:8000", "127.0.0.1"),
    *("", "a b", "]", "evil.example:port", "localhost,evil.example", "user@localhost", "\xe9"),
    "x" * 5000,
]
# LOCALHOST is ours in any case, and so is 127.0.0.1 (the lab's) where there is a lab.
WRONG = [host for host in OTHER_HOSTS if host not in ("LOCALHOST.:8000", "127.0.0.1")]


@pytest.mark.parametrize("host", OTHER_HOSTS)
@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probe_is_answered_whatever_the_host(
    db: None, production: None, caplog: Any, path: str, secure: bool, host: str
) -> None:
    """GET and HEAD, over http too, with every header of an answer, and nothing in the log."""
    client = JSONClient()

    got = client.get(path, headers={"Host": host}, secure=secure)
    head = client.head(path, headers={"Host": host}, secure=secure)

    assert (got.status_code, got.json()) == (200, {"status": "ok"})
    assert (head.status_code, head.content) == (200, b"")
    assert "Content-Security-Policy" in got
    assert ("Strict-Transport-Security" in got) is secure
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_probe_of_another_method_is_refused_as_everywhere(db: None, production: None) -> None:
    """The host makes nothing more of a probe than it is."""
    client = JSONClient()

    answers = [client.generic(m, "/healthz", headers={"Host": "x"}) for m in ("POST", "OPTIONS")]

    assert [answer.status_code for answer in answers] == [405, 204]
    assert [answer["Allow"] for answer in answers] == ["GET, HEAD, OPTIONS"] * 2


@pytest.mark.parametrize("host", WRONG)
@pytest.mark.parametrize("secure", [False, True])
def test_wrong_host_is_refused_with_one_line(
    db: None, production: None, caplog: Any, secure: bool, host: str
) -> None:
    """A warning without a traceback; whoever scans us must not fill the log with our mistakes."""
    answer = JSONClient().get("/api/me", headers={"Host": host}, secure=secure)

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert answer.json()["code"] == "invalid_request"
    (record,) = caplog.records
    assert (record.levelname, record.exc_info) == ("WARNING", None)
    assert len(record.getMessage()) < 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(
            ("GET", "/"),
            ("GET", "/login"),
            ("GET", "/static/css/base.css"),
            ("POST", "/auth/login"),
        ),
        *(("GET", "/.well-known/jwks.json"), ("GET", "/admin/"), ("GET", "/healthz/")),
        *(("GET", "//healthz"), ("GET", "/healthz/../api/me"), ("GET", "/HEALTHZ")),
        *(("GET", "/readyz;x"), ("GET", "/api/readyz"), ("POST", "/csp-reports")),
    ],
)
@pytest.mark.parametrize("secure", [False, True])
def test_wrong_host_reaches_nothing_but_the_probes(
    db: None, production: None, secure: bool, method: str, path: str
) -> None:
    """Not a file, not a page, and no redirect to the name that was sent."""
    answer = JSONClient().generic(method, path, headers={"Host": "evil.example"}, secure=secure)

    assert answer.status_code == 400
    assert "Location" not in answer
    assert not answer.cookies
    assert "evil.example" not in answer.content.decode()


def test_wrong_host_is_refused_after_a_right_one(db: None) -> None:
    """One process remembers the verdict of each host: no other host has that one's."""
    client = JSONClient()
    hosts = ("localhost", "evil.example", "localhost", "evil.example", "localhost.evil.example")

    answers = [client.get("/auth/session", headers={"Host": host}) for host in hosts]

    assert [answer.status_code for answer in answers] == [200, 400, 200, 400, 400]


def test_answer_says_its_length(db: None) -> None:
    """A page, answers of the API and a refusal. Servers keep a connection by it."""
    client = JSONClient()

    for path in ("/login", "/auth/session", "/api/me", "/nothing"):
        answer = client.get(path)
        assert answer["Content-Length"] == str(len(answer.content)), path
