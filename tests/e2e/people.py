"""People for browser tests that change an account, and what they do again and again."""

import secrets
import sqlite3
from dataclasses import dataclass
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from tests.servers import Gatehouse

PASSWORD = "seven grey herons at noon"

# One hash for all of them: making one takes a while.
CREATE = """
from django.contrib.auth.hashers import make_password
from accounts.models import User
digest = make_password({password!r})
User.objects.bulk_create(User(email=e, name={name!r}, password=digest) for e in {emails!r})
"""
AT_ONCE = 40
_waiting: dict[str, list["Person"]] = {}


@dataclass(frozen=True)
class Person:
    email: str
    name: str = "Dora"
    password: str = PASSWORD


def newcomer() -> Person:
    """Somebody with an address of their own and no account yet."""
    return Person(f"dora-{secrets.token_hex(4)}@example.com")


def create(server: Gatehouse) -> Person:
    """Somebody with an account that no other test uses."""
    waiting = _waiting.setdefault(server.url, [])
    if not waiting:
        waiting += [newcomer() for _ in range(AT_ONCE)]
        emails = [person.email for person in waiting]
        code = CREATE.format(emails=emails, password=PASSWORD, name=waiting[0].name)
        server.manage("shell", "-v", "0", "-c", code)
    return waiting.pop()


def forget_step_up(server: Gatehouse, person: Person) -> None:
    """As if the password had been entered six minutes ago."""
    with sqlite3.connect(server.data_dir / "db.sqlite3", timeout=10) as database:
        database.execute(
            "UPDATE accounts_session"
            " SET authenticated_at = DATETIME(authenticated_at, '-6 minutes')"
            " WHERE user_id = (SELECT id FROM accounts_user WHERE email = ?)",
            [person.email],
        )
    database.close()


def sign_in(page: Page, person: Person, password: str | None = None, to: str = "/notes") -> None:
    page.goto(f"/login?next={to}")
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password", exact=True).fill(password or person.password)
    page.get_by_role("button", name="Sign in").click()
    # The path alone: `to` stands in the query of the sign-in page too.
    page.wait_for_url(lambda url: urlsplit(url).path == to)


def open_mail(page: Page, subject: str, email: str) -> None:
    """In the demo mailbox, the newest mail with this subject to this address."""
    page.goto("/mail")
    mail = page.locator(".mails li").filter(has_text=subject).filter(has_text=email).first
    expect(mail).to_be_visible()
    if mail.locator("details").get_attribute("open") is None:
        mail.locator("summary").click()


def follow_link(page: Page, subject: str, email: str) -> None:
    """Open that mail and its link."""
    open_mail(page, subject, email)
    mail = page.locator(".mails li").filter(has_text=subject).filter(has_text=email).first
    mail.locator(".letter a").first.click()
