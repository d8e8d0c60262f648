"""A mail server on loopback that answers what a test tells it to."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

PATIENCE = 20

USUAL = {"EHLO": "250 here", "MAIL": "250 fine", "RCPT": "250 fine", "DATA": "354 go on"}


class MailServer:
    """`answers` holds what is answered, once each, before the usual: (command, reply).

    The command `.` is the end of the text. An empty reply hangs up.
    """

    def __init__(self) -> None:
        self.answers: list[tuple[str, str]] = []
        self.taken: list[EmailMessage] = []
        self.visits = 0
        self._changed = threading.Condition()

    def answer(self, command: str) -> str:
        for number, (wanted, reply) in enumerate(self.answers):
            if wanted == command:
                del self.answers[number]
                return reply
        return USUAL.get(command, "250 taken")

    def note(self, *, visit: bool = False, text: bytes = b"") -> None:
        with self._changed:
            self.visits += visit
            if text:
                self.taken.append(message_from_bytes(text, policy=policy.default))  # type: ignore[arg-type]
            self._changed.notify_all()

    def wait_for(self, *, taken: int = 0, visits: int = 0) -> None:
        """Returns once so many mails have been taken, or so many clients have come."""
        with self._changed:
            enough = self._changed.wait_for(
                lambda: len(self.taken) >= taken and self.visits >= visits, PATIENCE
            )
        assert enough, (len(self.taken), self.visits)


@contextmanager
def running(settings: Any, port: int = 0) -> Iterator[MailServer]:
    """A mail server, and the settings for it."""
    server = MailServer()

    class Handler(socketserver.StreamRequestHandler):
        def say(self, reply: str) -> bool:
            self.wfile.write(f"{reply}\r\n".encode() if reply else b"")
            return bool(reply)

        def handle(self) -> None:
            server.note(visit=True)
            self.say("220 here")
            while line := self.rfile.readline().decode():
                command = line[:4].upper().strip()
                if command == "QUIT" or not self.say(reply := server.answer(command)):
                    return
                if reply.startswith("354") and not self.read_text():
                    return

        def read_text(self) -> bool:
            text = b""
            while (line := self.rfile.readline()) not in (b".\r\n", b""):
                text += line
            reply = server.answer(".")
            if reply.startswith("250"):
                server.note(text=text)
            return self.say(reply)

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", port), Handler) as listening:
        point_to(settings, listening.server_address[1])
        threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01}).start()
        try:
            yield server
        finally:
            listening.shutdown()


def point_to(settings: Any, port: int) -> None:
    """Django's mail goes to that port of this machine."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 10
