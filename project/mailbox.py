"""Show mails that went to files, so that every flow can be finished offline.

Mails hold one-time links. It exists in demo mode, which answers callers on this machine alone, and
in a class, where each pupil sees what was sent to addresses of their own.
"""

import email.policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

SHOWN = 50

# What Django's file backend writes after each mail.
SEPARATOR = b"-" * 79 + b"\n"


@require_safe
def messages(request: HttpRequest) -> HttpResponse:
    """GET /mail/messages: the newest mails, newest first. In a class, only the caller's own."""
    files = Path(settings.EMAIL_FILE_PATH).glob("*.log")  # type: ignore[misc]  # project.mail adds it
    newest = sorted(files, key=lambda file: file.stat().st_mtime_ns, reverse=True)
    newest = newest[: SHOWN if settings.DEMO else None]
    found = [mail for file in newest for mail in reversed(mails_in(file))]
    if not settings.DEMO:
        own = getattr(request, "mail_domain", "")  # lab.classroom.middleware says whose it is
        found = [mail for mail in found if own and mail["to"].lower().endswith(f"@{own}")]
    return JsonResponse({"count": len(found), "results": found[:SHOWN]})


def mails_in(file: Path) -> list[dict[str, Any]]:
    """Return the mails of one file, in the order in which they were sent."""
    pieces = [piece for piece in file.read_bytes().split(SEPARATOR) if piece.strip()]
    return [
        shown(
            email.message_from_bytes(piece, EmailMessage, policy=email.policy.default),
            f"{file.stem}-{number}",
        )
        for number, piece in enumerate(pieces)
    ]


def shown(mail: EmailMessage, mail_id: str) -> dict[str, Any]:
    body = mail.get_body(("plain",))
    return {
        "id": mail_id,
        "at": parsedate_to_datetime(mail["Date"]).isoformat().replace("+00:00", "Z"),
        "sender": str(mail["From"]),
        "to": str(mail["To"]),
        "subject": str(mail["Subject"]),
        "body": body.get_content().strip() if body else "",
    }
