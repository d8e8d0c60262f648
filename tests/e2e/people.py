"""People for browser tests that change an account, and what they do again and again."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from playwright.sync_api import Page, expect

from tests.servers import Gatehouse

PASSWORD = "seven grey herons at noon"

CREATE = """
from accounts.models import User
User.objects.create_user({email!r}, {password!r}, name={name!r})
"""
AGE = """
from datetime import timedelta
from django.db.models import F
from accounts.models import Session
Session.objects.filter(user__email={email!r}).update(
    authenticated_at=F("authenticated_at") - timedelta(seconds={seconds}))
"""


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
    person = newcomer()
    code = CREATE.format(email=person.email, password=person.password, name=person.name)
    server.manage("shell", "-v", "0", "-c", code)
    return person


def forget_step_up(server: Gatehouse, person: Person) -> None:
    """As if the password had been entered six minutes ago."""
    seconds = int(timedelta(minutes=6).total_seconds())
    server.manage("shell", "-v", "0", "-c", AGE.format(email=person.email, seconds=seconds))


def sign_in(page: Page, person: Person, password: str | None = None, to: str = "/notes") -> None:
    page.goto(f"/login?next={to}")
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password", exact=True).fill(password or person.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**{to}")


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
