"""GATEHOUSE_EMAIL_URL, and the demo's mailbox."""

import traceback
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import send_mail
from django.test import override_settings

from project.checks import production_is_safe
from project.mail import mail_settings
from tests.clients import BrowserClient

FOLDER = Path("/var/mail-of-the-demo")


def test_smtp_url_is_read_with_its_secrets_unquoted() -> None:
    """User and password may hold any character, percent-encoded."""
    found = mail_settings("smtp://me%40host:p%2Fw@mail.example:2525/?tls=1", FOLDER)
    assert found["EMAIL_HOST"] == "mail.example"
    assert found["EMAIL_PORT"] == 2525
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("me@host", "p/w")
    assert (found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"]) == (True, False)


def test_smtps_url_speaks_tls_from_the_start() -> None:
    """Its usual port is 465; `from` sets the sender."""
    found = mail_settings("smtps://mail.example?from=Gate%20%3Cgate@example.org%3E", FOLDER)
    assert (found["EMAIL_PORT"], found["EMAIL_USE_SSL"]) == (465, True)
    assert found["DEFAULT_FROM_EMAIL"] == "Gate <gate@example.org>"


@pytest.mark.parametrize(
    ("url", "backend"), [("file:", "filebased"), ("console:", "console"), ("", "dummy")]
)
def test_other_forms_need_no_server(url: str, backend: str) -> None:
    """Files, the console, or no mail at all."""
    assert f".{backend}." in mail_settings(url, FOLDER)["EMAIL_BACKEND"]


@pytest.mark.parametrize(
    "url",
    [
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp://host:port",
        "smtp://user:hunter2hunter2@host/?ssl=1",
        "smtp://user:hunter2/hunter2@host",
        "smtp://user:hunter2@host/tls=1",
        "smtp://user:hunter2@host/#?tls=1",
        *(f"smtp://host/?{query}" for query in ("tls=true", "tls=yes", "tls=", "tls", "tls=01")),
        *(f"smtp://host/?{query}" for query in ("tls=1&tls=0", "from=", "from=a%40b&from=c%40d")),
        "smtps://host/?tls=0",
    ],
)
def test_url_that_cannot_be_read_is_refused_without_quoting_it(url: str) -> None:
    """A typing error stops the server, and no password gets into a log."""
    with pytest.raises(ImproperlyConfigured, match="GATEHOUSE_EMAIL_URL") as refusal:
        mail_settings(url, FOLDER)
    assert "hunter2" not in "".join(traceback.format_exception(refusal.value))


@pytest.mark.parametrize(
    ("url", "numbers"),
    [
        ("smtp://mail.example", {"E011"}),
        ("smtp://mail.example/?tls=0", {"E011"}),
        ("smtp://192.0.2.1", {"E011"}),
        ("file:", {"E010"}),
        ("console:", {"E010"}),
        ("smtp://mail.example/?tls=1", set()),
        ("smtps://mail.example", set()),
        ("smtp://localhost", set()),
        ("smtp://127.0.0.1:25", set()),
        ("smtp://[::1]:25", set()),
        ("", set()),
    ],
)
def test_production_sends_no_mail_in_the_clear(url: str, numbers: set[str]) -> None:
    """A letter's link resets a password: across a network with TLS alone, and never into a log."""
    with override_settings(DEMO=False, **mail_settings(url, FOLDER)):
        found = {error.id.removeprefix("project.") for error in production_is_safe(None)}

    assert found & {"E010", "E011"} == numbers


def test_mailbox_shows_mails_newest_first(
    browser_client: BrowserClient, settings: object, tmp_path: Path
) -> None:
    """Sender, reader, subject and text, from the files that Django wrote."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path
    for number in (1, 2):
        send_mail(
            f"Grüße {number}", f"Text {number}\n\nhttp://localhost/x", None, ["a@example.com"]
        )

    answer = browser_client.get("/mail/messages").json()

    assert answer["count"] == 2
    assert [mail["subject"] for mail in answer["results"]] == ["Grüße 2", "Grüße 1"]
    assert answer["results"][0]["to"] == "a@example.com"
    assert answer["results"][0]["body"].endswith("http://localhost/x")


def test_mailbox_without_mails_is_empty(
    browser_client: BrowserClient, settings: object, tmp_path: Path
) -> None:
    """Before the first mail there is no folder."""
    settings.EMAIL_FILE_PATH = tmp_path / "none"
    assert browser_client.get("/mail/messages").json() == {"count": 0, "results": []}
