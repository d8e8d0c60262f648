"""Reading the mails that a test caused."""

import re

from django.core import mail
from django.core.mail import EmailMessage

from accounts.people import afterwards


def sent() -> list[EmailMessage]:
    """Every mail so far; waits for those that are still being written."""
    afterwards.finish()
    return list(mail.outbox)


def to(address: str) -> EmailMessage:
    """The last mail to that address."""
    return [message for message in sent() if message.to == [address]][-1]


def token_in(message: EmailMessage) -> str:
    """The token of the one-time link, which stands alone on its line."""
    return token_in_text(str(message.body))


def token_in_text(text: str) -> str:
    """The same, of a mail as a mail server has got it."""
    found = re.findall(r"^http://localhost/\S+#token=([\w-]+)\r?$", text, re.MULTILINE)
    assert len(found) == 1
    return found[0]
