"""POST /csp-reports: a browser's report becomes one log line, and a flood of them does not."""

import json
import logging

import pytest

from project import reports
from tests.clients import AttackerClient

REPORT = {
    "csp-report": {
        "document-uri": "http://localhost/notes",
        "effective-directive": "script-src-elem",
        "blocked-uri": "inline",
        "script-sample": "secret text of the page",
    }
}


def send(client: AttackerClient, body: object) -> int:
    """A report as browsers send it, without any token; the answer's status."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = "application/csp-report"
    return client.generic("POST", "/csp-reports", text, kind).status_code


@pytest.fixture(autouse=True)
def new_minute() -> None:
    reports._window.update(since=float("-inf"), lines=0)


def test_reports_are_logged_and_bounded(
    mallory: AttackerClient, caplog: pytest.LogCaptureFixture
) -> None:
    """ASVS 3.4.7: what was violated is logged, so many times a minute, without page content."""
    with caplog.at_level(logging.WARNING, "project.csp"):
        statuses = {send(mallory, REPORT) for _ in range(reports.LINES_A_MINUTE + 5)}

    assert statuses == {204}
    assert len(caplog.records) == reports.LINES_A_MINUTE
    assert caplog.records[0].report["effective-directive"] == "script-src-elem"
    assert "secret text" not in str(caplog.records[0].__dict__)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"x"', b"\xff", b"[" * 5000, b'{"csp-report": 1}', b"x" * 10_000],
)
def test_what_is_no_report_is_no_error_and_no_line(
    mallory: AttackerClient, caplog: pytest.LogCaptureFixture, body: bytes
) -> None:
    """Anyone may send anything here: the answer is the same, the log stays clean."""
    with caplog.at_level(logging.WARNING, "project.csp"):
        assert send(mallory, body) == 204

    assert caplog.records == []


def test_reports_are_posted_only(mallory: AttackerClient) -> None:
    """GET is 405."""
    assert mallory.get("/csp-reports").status_code == 405
